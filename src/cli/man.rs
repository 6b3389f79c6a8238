use std::path::{Path, PathBuf};
use std::process::ExitCode;

use vicinfo::{Error, record};

use super::{Done, print};

/// Arguments of `vicinfo man`.
#[derive(clap::Args)]
pub struct Arguments {
    /// Folder for vicinfo.1 and a page for each subcommand
    #[arg(long, value_name = "DIR", default_value = "man")]
    out: PathBuf,
}

/// Writes the manual pages of a command and all below it.
pub fn run(arguments: &Arguments, command: clap::Command) -> Done {
    let mut command = command;
    // Subcommands get their full names.
    command.build();
    let mut written = 0;
    page(&command, "vicinfo", &arguments.out, &mut written)?;
    print(&format!(
        "{written} pages: man -l {}\n",
        arguments.out.join("vicinfo.1").display()
    ));
    Ok(ExitCode::SUCCESS)
}

fn page(
    command: &clap::Command,
    name: &str,
    folder: &Path,
    written: &mut usize,
) -> Result<(), Error> {
    let path = folder.join(format!("{name}.1"));
    let mut text = Vec::new();
    (clap_mangen::Man::new(command.clone()).render(&mut text))
        .map_err(|error| Error::file(&path, &error))?;
    record::write(&path, &text)?;
    *written += 1;
    for below in command.get_subcommands().filter(|c| c.get_name() != "help") {
        page(
            below,
            &format!("{name}-{}", below.get_name()),
            folder,
            written,
        )?;
    }
    Ok(())
}
