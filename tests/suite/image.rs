//! Image files, sprites and augmentations.

use std::io::Write;
use std::path::Path;

use flate2::write::GzEncoder;
use vicinfo::Error;
use vicinfo::image::{
    Augmentation, Images, SHAPES, Size, Sizes, Source, find, named, sprites, sprites_of,
};
use vicinfo::seed::Seed;

use crate::shared::shared;

fn idx(magic: u32, counts: &[u32], data: &[u8]) -> Vec<u8> {
    let words = std::iter::once(&magic).chain(counts);
    words
        .flat_map(|word| word.to_be_bytes())
        .chain(data.iter().copied())
        .collect()
}

fn put(folder: &Path, name: &str, content: &[u8]) {
    let path = folder.join(name);
    if name.ends_with(".gz") {
        let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(content).unwrap();
        std::fs::write(path, encoder.finish().unwrap()).unwrap();
    } else {
        std::fs::write(path, content).unwrap();
    }
}

fn read(folder: &Path) -> Result<Images, Error> {
    find(folder)?.remove(0).read()
}

#[test]
fn idx_pairs_read_plain_and_compressed() {
    for ending in ["", ".gz"] {
        let folder = tempfile::tempdir().unwrap();
        put(
            folder.path(),
            &format!("train-images-idx3-ubyte{ending}"),
            &idx(0x0803, &[2, 2, 2], &[0, 255, 51, 0, 1, 2, 3, 4]),
        );
        put(
            folder.path(),
            &format!("train-labels-idx1-ubyte{ending}"),
            &idx(0x0801, &[2], &[7, 3]),
        );
        let images = read(folder.path()).unwrap();
        assert_eq!(
            (images.n(), images.size()),
            (
                2,
                Size {
                    width: 2,
                    height: 2,
                    channels: 1
                }
            )
        );
        assert_eq!(images.labels(), Some(&[7, 3][..]));
        assert_eq!(images.intensities(0), [0.0, 1.0, 0.2, 0.0]);
        let squares: f64 = [(0.0, 1.0), (255.0, 2.0), (51.0, 3.0), (0.0, 4.0)]
            .iter()
            .map(|(a, b): &(f64, f64)| (a - b).powi(2))
            .sum();
        assert!((images.distance(0, 1) - squares.sqrt() / 255.0).abs() < 1e-15);
        assert_eq!(
            images.nearest_distances(&[0]).unwrap(),
            [images.distance(0, 1)]
        );
    }
}

#[test]
fn damaged_files_are_named_with_what_was_expected() {
    let good = idx(0x0803, &[2, 2, 2], &[0; 8]);
    let labels = idx(0x0801, &[2], &[0, 1]);
    let images = "train-images-idx3-ubyte";
    let label_file = "train-labels-idx1-ubyte";
    for (name, files, expects, finds) in [
        (
            "truncated",
            vec![(images, good[..20].to_vec())],
            "8 bytes behind the header",
            "truncated",
        ),
        (
            "trailing",
            vec![(images, [good.clone(), vec![0]].concat())],
            "8 bytes behind the header",
            "trailing",
        ),
        (
            "labels for images",
            vec![(images, labels.clone())],
            "magic number 0x00000803",
            "0x00000801",
        ),
        (
            "images for labels",
            vec![(images, good.clone()), (label_file, good.clone())],
            "magic number 0x00000801",
            "0x00000803",
        ),
        (
            "too few labels",
            vec![
                (images, good.clone()),
                (label_file, idx(0x0801, &[1], &[0])),
            ],
            "2 labels",
            "1 labels",
        ),
        (
            "tiny",
            vec![(images, vec![0, 0])],
            "magic number 0x00000803",
            "2 bytes",
        ),
        (
            "no header",
            vec![(images, good[..10].to_vec())],
            "header of 16 bytes",
            "10 bytes",
        ),
        (
            "no images",
            vec![(images, idx(0x0803, &[0, 2, 2], &[]))],
            "at least one image",
            "0 images",
        ),
        (
            "huge",
            vec![(images, idx(0x0803, &[u32::MAX, u32::MAX, u32::MAX], &[]))],
            "sides from 1 to 256",
            "4294967295",
        ),
        (
            "short record",
            vec![("data_batch_1.bin", vec![0; 3000])],
            "records of 3073 bytes",
            "3000 bytes",
        ),
        (
            "empty batch",
            vec![("data_batch_1.bin", vec![])],
            "records of 3073 bytes",
            "0 records",
        ),
        (
            "bad label",
            vec![("test_batch.bin", vec![10; 3073])],
            "labels from 0 to 9",
            "label 10",
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        for (file, content) in &files {
            put(folder.path(), file, content);
        }
        match read(folder.path()) {
            Err(Error::Format {
                path,
                expected,
                found,
            }) => {
                assert!(
                    expected.contains(expects) && found.contains(finds),
                    "{name}: expected {expected}; found {found}"
                );
                assert!(
                    files.iter().any(|(file, _)| path.ends_with(file)),
                    "{name}: {}",
                    path.display()
                );
            }
            other => panic!("{name}: {other:?}"),
        }
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("train-images-idx3-ubyte.gz"),
        b"\x1f\x8b\x08 not gzip",
    )
    .unwrap();
    assert!(
        matches!(read(folder.path()), Err(Error::Format { found, .. }) if found.contains("truncated"))
    );
    let nothing = tempfile::tempdir().unwrap();
    match find(nothing.path()) {
        Err(Error::Format { expected, .. }) => {
            assert!(expected.contains("train-images-idx3-ubyte"))
        }
        other => panic!("{other:?}"),
    }
    assert!(matches!(
        find(&nothing.path().join("no")),
        Err(Error::File { .. })
    ));
}

#[test]
fn real_files_read() {
    let Some(folder) = shared("real_files_read", "data") else {
        return;
    };
    let sets = find(&folder).unwrap();
    let names: Vec<&str> = sets.iter().map(|set| set.name.as_str()).collect();
    for name in [
        "cifar10-exact",
        "fashion-mnist",
        "fashion-mnist-small",
        "mnist",
    ] {
        assert!(names.contains(&name), "{names:?}");
    }
    let set = |name: &str| sets.iter().find(|set| set.name == name).unwrap();
    let mnist = set("mnist").read().unwrap();
    assert_eq!((mnist.n(), mnist.size().dim()), (60_000, 784));
    assert_eq!(mnist.labels().unwrap()[..5], [5, 0, 4, 1, 9]);
    // numpy: frombuffer(gzip, uint8, offset=16).reshape(-1, 784)[0].sum()
    assert_eq!(
        mnist.bytes(0).iter().map(|b| u64::from(*b)).sum::<u64>(),
        27_525
    );
    let cifar = set("cifar10-exact").read().unwrap();
    assert_eq!((cifar.n(), cifar.size().dim()), (4000, 3072));
    assert_eq!(cifar.labels().unwrap()[..5], [6, 9, 9, 4, 1]);
    assert_eq!(
        cifar.bytes(0).iter().map(|b| u64::from(*b)).sum::<u64>(),
        317_790
    );
    // The file's own digest, decompressed: SHA-256 of the raw IDX file.
    let digests = set("mnist").digests().unwrap();
    assert_eq!(
        digests[0],
        (
            "mnist/train-images-idx3-ubyte.gz".to_owned(),
            "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db".to_owned()
        )
    );
}

#[test]
fn sprites_follow_their_factors() {
    let (images, factors) = sprites(200, 28, Seed::root(3)).unwrap();
    let labels = images.labels().unwrap();
    for shape in 0..SHAPES.len() {
        assert_eq!(
            labels
                .iter()
                .filter(|label| usize::from(**label) == shape)
                .count(),
            20
        );
    }
    // An image depends on its index alone.
    let (few, _) = sprites(10, 28, Seed::root(3)).unwrap();
    assert_eq!(few.bytes(7), images.bytes(7));
    assert_ne!(
        few.bytes(7),
        sprites(10, 28, Seed::root(4)).unwrap().0.bytes(7)
    );
    // The shape's weight sits at its centre: a ring, a disk and a square are symmetric about it.
    for i in (0..200).filter(|i| [0, 1, 4].contains(&(i % 10))) {
        let f = factors[i];
        let intensities = images.intensities(i);
        let excess = |value: f64| (value - 0.5 * (f.background + f.foreground)).max(0.0);
        let total: f64 = intensities.iter().map(|v| excess(*v)).sum();
        let centroid = |coordinate: fn(usize) -> usize| -> f64 {
            intensities
                .iter()
                .enumerate()
                .map(|(p, v)| excess(*v) * ((coordinate(p) as f64 + 0.5) / 14.0 - 1.0))
                .sum::<f64>()
                / total
        };
        let (x, y) = (centroid(|p| p % 28), centroid(|p| p / 28));
        // A sprite that leaves the image is cut there, and stripes weigh on one side.
        assert!(
            (x - f.centre.0).abs() < 0.15 && (y - f.centre.1).abs() < 0.15,
            "{i}: ({x}, {y}) against {f:?}"
        );
    }
    assert!(matches!(
        sprites(0, 28, Seed::root(0)),
        Err(Error::InvalidParameter { .. })
    ));
    assert!(matches!(
        sprites(1, 4, Seed::root(0)),
        Err(Error::InvalidParameter { .. })
    ));
}

#[test]
fn augmentations_do_what_they_say() {
    let (images, _) = sprites(20, 28, Seed::root(5)).unwrap();
    let size = images.size();
    let image = images.intensities(3);
    assert_eq!(
        Augmentation::IDENTITY.view(&image, size, Seed::root(0)),
        image
    );
    let everything = Augmentation {
        crop: 0.4,
        turn: 1.0,
        flip: true,
        jitter: 0.4,
        blur: 1.2,
        noise: 0.05,
    };
    let view = everything.view(&image, size, Seed::root(1));
    assert_eq!(view, everything.view(&image, size, Seed::root(1)));
    assert_ne!(view, everything.view(&image, size, Seed::root(2)));
    assert!(view.iter().all(|v| (0.0..=1.0).contains(v)));
    let flip = Augmentation {
        flip: true,
        ..Augmentation::IDENTITY
    };
    let views: Vec<_> = (0..20)
        .map(|s| flip.view(&image, size, Seed::root(s)))
        .collect();
    let mirrored: Vec<f64> = image
        .chunks(28)
        .flat_map(|line| line.iter().rev().copied().collect::<Vec<_>>())
        .collect();
    assert!(views.contains(&image) && views.contains(&mirrored));
    assert!(views.iter().all(|v| *v == image || *v == mirrored));
    // A blur keeps the mean of a constant image, and lowers the variance of any.
    let blur = Augmentation {
        blur: 1.2,
        ..Augmentation::IDENTITY
    };
    let flat = vec![0.3; size.dim()];
    let variance = |v: &[f64]| {
        let mean = v.iter().sum::<f64>() / v.len() as f64;
        v.iter().map(|x| (x - mean).powi(2)).sum::<f64>()
    };
    for s in 0..10 {
        assert!(
            blur.view(&flat, size, Seed::root(s))
                .iter()
                .all(|v| (v - 0.3).abs() < 1e-12)
        );
        assert!(variance(&blur.view(&image, size, Seed::root(s))) <= variance(&image) + 1e-9);
    }
    // A largest blur below the usual smallest one is the only one there is: its neighbours have weights of exp(-1/(2 std^2)), twice in
    // each direction, over a sum of about 1.
    for std in [0.1_f64, 0.2, 0.25] {
        let slight = Augmentation {
            blur: std,
            ..Augmentation::IDENTITY
        };
        let most = 4.0 * (-0.5 / (std * std)).exp();
        let largest = (0..20)
            .flat_map(|s| slight.view(&image, size, Seed::root(s)))
            .zip(image.iter().cycle())
            .map(|(v, x)| (v - x).abs())
            .fold(0.0, f64::max);
        assert!(largest <= most + 1e-15, "{std}: {largest} {most}");
        assert!(largest > 0.1 * most - 1e-15, "{std}: {largest} {most}");
    }
    // Switching the noise off leaves the crop as it was.
    let crop = Augmentation {
        noise: 0.0,
        jitter: 0.0,
        blur: 0.0,
        flip: false,
        turn: 0.0,
        crop: 0.4,
    };
    let noisy = Augmentation {
        noise: 0.01,
        ..crop
    };
    let difference: f64 = crop
        .view(&image, size, Seed::root(9))
        .iter()
        .zip(noisy.view(&image, size, Seed::root(9)))
        .map(|(a, b)| (a - b).powi(2))
        .sum();
    assert!(difference.sqrt() < 0.01 * 28.0 * 1.5, "{difference}");
}

#[test]
fn images_reject_what_does_not_fit() {
    let size = Size {
        width: 2,
        height: 2,
        channels: 1,
    };
    assert!(matches!(
        Images::new(size, vec![], None),
        Err(Error::Empty { .. })
    ));
    assert!(matches!(
        Images::new(size, vec![0; 5], None),
        Err(Error::Mismatch {
            expected: 4,
            actual: 5,
            ..
        })
    ));
    assert!(matches!(
        Images::new(size, vec![0; 8], Some(vec![0])),
        Err(Error::Mismatch {
            expected: 2,
            actual: 1,
            ..
        })
    ));
    let wide = Size {
        width: 300,
        height: 300,
        channels: 1,
    };
    assert!(matches!(
        Images::new(wide, vec![0; 90_000], None),
        Err(Error::InvalidParameter { .. })
    ));
    let one = Images::new(size, vec![0; 4], None).unwrap();
    assert!(matches!(
        one.nearest_distances(&[0]),
        Err(Error::TooFewPoints {
            required: 2,
            actual: 1,
            ..
        })
    ));
}

const QUARTER: Size = Size {
    width: 2,
    height: 2,
    channels: 1,
};

#[test]
fn images_are_selected_with_their_labels() {
    let images = Images::new(QUARTER, (0..12).collect(), Some(vec![5, 6, 7])).unwrap();
    let some = images.select(&[2, 0, 2]).unwrap();
    assert_eq!(some.labels(), Some(&[7, 5, 7][..]));
    for (i, place) in [2, 0, 2].into_iter().enumerate() {
        assert_eq!(some.bytes(i), images.bytes(place));
    }
    assert_eq!(
        images.select(&[0, 3]),
        Err(Error::invalid(
            "place of an image",
            3,
            "below the number of images, 3"
        ))
    );
    assert_eq!(images.select(&[]), Err(Error::Empty { n: 0, dim: 4 }));
}

/// By hand: means of four, halves upwards, plane by plane.
#[test]
fn halves_are_means_of_four() {
    let size = Size {
        width: 4,
        height: 2,
        channels: 2,
    };
    // A row of the picture a line: the halves are read off the columns.
    #[rustfmt::skip]
    let pixels = vec![
        0, 1, 10, 20,
        1, 0, 30, 41,
        255, 255, 0, 0,
        255, 254, 0, 1,
    ];
    let images = Images::new(size, pixels, Some(vec![4])).unwrap();
    let halved = images.halved().unwrap();
    assert_eq!(
        halved.size(),
        Size {
            width: 2,
            height: 1,
            channels: 2
        }
    );
    // 0.5 and 25.25, 254.75 and 0.25.
    assert_eq!(halved.bytes(0), [1, 25, 255, 0]);
    assert_eq!(halved.labels(), Some(&[4][..]));
    assert_eq!(
        halved.halved(),
        Err(Error::invalid(
            "side of the images",
            "1 x 2",
            "even, to halve it"
        ))
    );
}

/// A folder of IDX images of `side` with a label each.
fn folder_of(at: &Path, n: u32, side: u32) {
    std::fs::create_dir_all(at).unwrap();
    let bytes: Vec<u8> = (0..n)
        .flat_map(|i| vec![i as u8; (side * side) as usize])
        .collect();
    put(
        at,
        "train-images-idx3-ubyte",
        &idx(0x0803, &[n, side, side], &bytes),
    );
    let labels: Vec<u8> = (0..n).map(|i| i as u8).collect();
    put(at, "train-labels-idx1-ubyte", &idx(0x0801, &[n], &labels));
}

#[test]
fn data_sets_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    for name in ["fashion", "fashion-small", "digits"] {
        folder_of(&at.join(name), 4, 2);
    }
    for (name, found) in [
        ("fashion", "fashion"),
        ("small", "fashion-small"),
        ("digit", "digits"),
    ] {
        assert_eq!(named(at, name).unwrap().name, found);
    }
    assert_eq!(
        named(at, "fash"),
        Err(Error::invalid(
            "data set",
            "fash",
            "a part of one name only, not of fashion, fashion-small"
        ))
    );
    assert_eq!(
        named(at, "cifar"),
        Err(Error::UnknownName {
            kind: "data set",
            name: "cifar".to_owned(),
            known: "digits, fashion, fashion-small".to_owned()
        })
    );
    assert!(matches!(
        named(&at.join("no"), "digits"),
        Err(Error::File { .. })
    ));
}

#[test]
fn sources_are_split_into_images_apart() {
    let folder = tempfile::tempdir().unwrap();
    folder_of(folder.path(), 50, 4);
    let files = Source::Files(find(folder.path()).unwrap().remove(0));
    let split = |side, seed| files.split(side, 30, 15, Seed::root(seed)).unwrap();
    let [known, fresh] = split(None, 1);
    assert_eq!((known.n(), fresh.n()), (30, 15));
    assert_eq!(known.size(), QUARTER);
    // An image is its label all over: none is in both sets or twice in one.
    let mut seen: Vec<u8> = (known.labels().unwrap().iter())
        .chain(fresh.labels().unwrap())
        .copied()
        .collect();
    for images in [&known, &fresh] {
        for (i, label) in images.labels().unwrap().iter().enumerate() {
            assert_eq!(images.bytes(i), [*label; 4]);
        }
    }
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), 45);
    assert_eq!(split(None, 1), [known.clone(), fresh]);
    assert_eq!(split(Some(2), 1)[0], known);
    assert_ne!(split(None, 2)[0], known);
    assert_eq!(split(Some(4), 1)[0].labels(), known.labels());
    assert_eq!(split(Some(4), 1)[0].size().width, 4);
    assert_eq!(
        (files.augmentation(), Source::Sprites.augmentation()),
        (Augmentation::UPRIGHT, Augmentation::SPRITES)
    );

    let name = files.name().to_owned();
    let refused = |source: &Source, side, known, fresh| {
        source
            .split(side, known, fresh, Seed::root(1))
            .err()
            .unwrap()
    };
    assert_eq!(
        refused(&files, Some(3), 30, 15),
        Error::invalid(
            "side",
            3,
            format!("that of the images of '{name}', 4, or half of it")
        )
    );
    // Twice this is 4 in the arithmetic of a machine word.
    for side in [(1 << 63) + 2, usize::MAX] {
        assert!(matches!(
            refused(&files, Some(side), 30, 15),
            Error::InvalidParameter { name, .. } if name == "side"
        ));
    }
    for (known, fresh, required) in [(40, 11, 51), (usize::MAX, 2, usize::MAX)] {
        assert_eq!(
            refused(&files, None, known, fresh),
            Error::TooFewPoints {
                method: "a split into images to train on and images to measure on",
                required,
                actual: 50
            }
        );
    }
    for source in [&files, &Source::Sprites] {
        assert_eq!(
            refused(source, None, 0, 5),
            Error::invalid("images to train on", 0, "at least 1")
        );
        assert_eq!(
            refused(source, None, 5, 0),
            Error::invalid("images to measure on", 0, "at least 1")
        );
    }

    let sprites = |side, seed| {
        Source::Sprites
            .split(side, 20, 20, Seed::root(seed))
            .unwrap()
    };
    let [known, fresh] = sprites(None, 1);
    assert_eq!(
        (known.size().width, Source::Sprites.name()),
        (16, "sprites")
    );
    assert!((0..20).all(|i| known.bytes(i) != fresh.bytes(i)));
    assert_eq!(sprites(None, 1), [known.clone(), fresh]);
    assert_ne!(sprites(None, 2)[0], known);
    assert_eq!(sprites(Some(10), 1)[0].size().width, 10);
    assert_eq!(
        refused(&Source::Sprites, Some(65), 5, 5),
        Error::invalid("side", 65, "from 8 to 64 pixels")
    );
}

#[test]
fn sprites_keep_to_their_sizes() {
    for sizes in [Sizes::SMALL, Sizes::LARGE] {
        let (_, factors) = sprites_of(sizes, 400, 8, Seed::root(1)).unwrap();
        let (low, high) = sizes.radius;
        let reach = |f: &vicinfo::image::Factors| f.centre.0.abs().max(f.centre.1.abs());
        assert!(factors.iter().all(|f| (low..=high).contains(&f.radius)));
        assert!(factors.iter().all(|f| reach(f) <= sizes.reach));
        // They fill what they may take.
        let most = |of: &dyn Fn(&vicinfo::image::Factors) -> f64| {
            factors.iter().map(of).fold(f64::NEG_INFINITY, f64::max)
        };
        assert!(most(&|f| f.radius) > high - 0.05 * (high - low));
        assert!(most(&|f| -f.radius) > -low - 0.05 * (high - low));
        assert!(most(&reach) > 0.95 * sizes.reach);
    }
    let small = sprites_of(Sizes::SMALL, 3, 8, Seed::root(1)).unwrap();
    assert_eq!(small, sprites(3, 8, Seed::root(1)).unwrap());
    assert_eq!(
        sprites(1 << 20, 65, Seed::root(1)),
        Err(Error::invalid("side", 65, "from 8 to 64 pixels"))
    );
    let many = (1 << 26) + 1;
    assert_eq!(
        sprites(many, 8, Seed::root(1)),
        Err(Error::invalid(
            "n",
            many,
            "at most 67108864, whose pixels take 4 GiB"
        ))
    );
}

#[test]
fn sources_are_chosen_by_name() {
    let folder = tempfile::tempdir().unwrap();
    folder_of(&folder.path().join("digits"), 3, 4);
    let choose = |name: Option<&str>| Source::choose(name, Some(folder.path()));
    assert_eq!(choose(None), Ok(Source::Sprites));
    assert_eq!(choose(Some("sprites")), Ok(Source::Sprites));
    assert_eq!(choose(Some("dig")).unwrap().name(), "digits");
    assert_eq!(Source::choose(Some("sprites"), None), Ok(Source::Sprites));
    let refused = Source::choose(Some("digits"), None).unwrap_err();
    assert!(matches!(
        refused,
        Error::InvalidParameter { name, .. } if name == "dataset"
    ));
    // Whether there are labels is known before anything is read.
    assert!(choose(Some("dig")).unwrap().labelled());
    std::fs::remove_file(folder.path().join("digits/train-labels-idx1-ubyte")).unwrap();
    assert!(!choose(Some("dig")).unwrap().labelled());
    assert!(Source::Sprites.labelled());
}
