//! The HTML pages in a real browser: Chromium, without a window. Where there is none, these tests say so and see nothing.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::cli::{err, vicinfo};

/// The browser: what `CHROMIUM` names, or the first that is installed; where there is none, that is said.
fn browser() -> Option<PathBuf> {
    let found = find_browser();
    if found.is_none() {
        println!("no Chromium: nothing was seen");
    }
    found
}

fn find_browser() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("CHROMIUM") {
        return Some(named.into());
    }
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let folders = std::env::var_os("PATH")?;
    std::env::split_paths(&folders)
        .flat_map(|folder| names.map(|name| folder.join(name)))
        .find(|path| path.is_file())
}

/// Opens an address and gives what the browser printed.
fn open(browser: &Path, address: &str, more: &[&str]) -> String {
    let profile = tempfile::tempdir().unwrap();
    let done = Command::new(browser)
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--no-first-run",
        ])
        .args(["--allow-file-access-from-files", "--window-size=1600,1000"])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .args(more)
        .arg(address)
        .output()
        .unwrap_or_else(|error| panic!("{}: {error}", browser.display()));
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    String::from_utf8(done.stdout).unwrap()
}

/// A page that holds another in a frame of a width and measures it: a window is never as narrow as a phone.
const FRAME: &str = r##"<!DOCTYPE html>
<meta charset="utf-8"><title>waiting</title>
<body style="margin:0"><iframe id="page" src="PAGE" style="width:WIDTHpx;height:900px;border:0"></iframe>
<script>
addEventListener('load', () => {
  const view = document.getElementById('page').contentWindow, page = view.document, root = page.documentElement;
  const all = (selector) => [...page.querySelectorAll(selector)];
  const luminance = (text) => text.match(/[\d.]+/g).slice(0, 3).map((v) => v / 255)
    .map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = luminance(view.getComputedStyle(page.body).backgroundColor);
  const contrast = (element) => {
    const ink = luminance(view.getComputedStyle(element).color);
    return (Math.max(ground, ink) + 0.05) / (Math.min(ground, ink) + 0.05);
  };
  const beyond = (element) => {
    const box = element.getBoundingClientRect();
    return box.left < -0.5 || box.right > root.clientWidth + 0.5;
  };
  document.title = JSON.stringify({
    ground,
    overflow: root.scrollWidth - root.clientWidth,
    figures: all('figure').length,
    beyond: all('figure, article, table, p').filter(beyond).length,
    small: all('figure svg').filter((svg) => svg.getBoundingClientRect().width < 300).length,
    contrast: Math.min(...all('main p, main td, main dd, main h2, main a, figcaption').map(contrast)),
    dead: all('a[href^="#"]').filter((a) => !page.getElementById(decodeURIComponent(a.hash.slice(1)))).length,
    fetched: all('[src], [srcset], link[href], object, embed').length,
  });
});
</script>
"##;

/// What the frame of this width says of a page.
fn measured(browser: &Path, page: &Path, width: u32, dark: bool) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let frame = folder.path().join("frame.html");
    let address = |path: &Path| format!("file://{}", path.display());
    let text = (FRAME.replace("PAGE", &address(page))).replace("WIDTH", &width.to_string());
    std::fs::write(&frame, text).unwrap();
    let scheme = format!("--blink-settings=preferredColorScheme={}", u8::from(!dark));
    let dom = open(
        browser,
        &address(&frame),
        &[&scheme, "--virtual-time-budget=20000", "--dump-dom"],
    );
    let title = dom
        .split_once("<title>")
        .and_then(|(_, rest)| rest.split_once("</title>"))
        .map(|(title, _)| title.to_owned());
    let title = title.unwrap_or_else(|| panic!("no title in {dom:.200}"));
    serde_json::from_str(&title).unwrap_or_else(|error| panic!("{title}: {error}"))
}

/// Wide and as narrow as a phone, light and dark: nothing is wider than the page, text can be read, links lead somewhere, and nothing
/// is fetched; and the page prints.
fn assert_readable(browser: &Path, page: &Path) {
    let page = &std::path::absolute(page).unwrap();
    for width in [390, 1280] {
        for dark in [false, true] {
            let seen = measured(browser, page, width, dark);
            let number = |key: &str| seen[key].as_f64().unwrap();
            let place = format!("{}, {width} pixels, dark {dark}: {seen}", page.display());
            assert_eq!(number("ground") < 0.2, dark, "{place}");
            assert!(number("figures") > 2.0, "{place}");
            // The least that the Web Content Accessibility Guidelines ask of text.
            assert!(number("contrast") >= 4.5, "{place}");
            for none in ["overflow", "beyond", "small", "dead", "fetched"] {
                assert!(number(none) == 0.0, "{none}: {place}");
            }
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let printed = folder.path().join("page.pdf");
    let to = format!("--print-to-pdf={}", printed.display());
    open(browser, &format!("file://{}", page.display()), &[&to]);
    let printed = std::fs::read(&printed).unwrap();
    assert!(printed.starts_with(b"%PDF") && printed.len() > 20_000);
}

#[test]
#[ignore = "starts a browser a dozen times"]
fn the_report_can_be_read_on_a_screen_a_phone_and_paper() {
    let Some(browser) = browser() else { return };
    let report = Path::new(env!("CARGO_MANIFEST_DIR")).join("figures/report.html");
    assert_readable(&browser, &report);
    // Everything that is counted is noticed: the test can fail.
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("dot.svg"),
        "<svg xmlns=\"http://www.w3.org/2000/svg\"/>",
    )
    .unwrap();
    let wide = folder.path().join("wide.html");
    let text = std::fs::read_to_string(&report).unwrap();
    let faults = "<main><p style=\"width:2000px\">wide</p><p style=\"color:#999\">faint</p><a href=\"#nowhere\">dead</a>\
        <img src=\"dot.svg\"><figure><svg width=\"100\" style=\"min-width:0\"></svg></figure>";
    std::fs::write(&wide, text.replace("<main>", faults)).unwrap();
    let seen = measured(&browser, &wide, 390, false);
    assert!(seen["overflow"].as_f64().unwrap() > 100.0, "{seen}");
    assert!(seen["contrast"].as_f64().unwrap() < 4.5, "{seen}");
    for one in ["beyond", "small", "dead", "fetched"] {
        assert_eq!(seen[one], 1, "{one}: {seen}");
    }
}

#[test]
#[ignore = "starts a browser a dozen times"]
fn an_audit_can_be_read_on_a_screen_a_phone_and_paper() {
    let Some(browser) = browser() else { return };
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    for arguments in [
        &[
            "sample",
            "multinormal-sparse-5-5-2-2.0",
            "--n",
            "1500",
            "--out",
            "z.npz",
        ][..],
        &["audit", "z.npz:x", "z.npz:y", "--out", "one"],
        &[
            "audit", "z.npz:y", "z.npz:x", "--name", "turned", "--out", "two",
        ],
        &[
            "audit",
            "--compare",
            "one/audit.json",
            "two/audit.json",
            "--out",
            "both",
        ],
    ] {
        let done = vicinfo(at, arguments);
        assert_eq!(done.status.code(), Some(0), "{arguments:?}: {}", err(&done));
    }
    assert_readable(&browser, &at.join("one/audit.html"));
    let compared = at.join("both/comparison.html");
    for width in [390, 1280] {
        let seen = measured(&browser, &compared, width, true);
        assert_eq!(seen["overflow"], 0, "{seen}");
    }
}
