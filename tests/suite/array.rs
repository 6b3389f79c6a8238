//! Arrays on disk: what reads, and what every damaged file says.

use std::path::Path;

use vicinfo::Error;
use vicinfo::array::{read, write_npy, write_npz, write_paired_npz};
use vicinfo::sample::{Paired, Sample};

fn npy(descr: &str, fortran: bool, shape: &str, data: &[u8]) -> Vec<u8> {
    let order = if fortran { "True" } else { "False" };
    let mut header =
        format!("{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}");
    while (10 + header.len() + 1) % 64 != 0 {
        header.push(' ');
    }
    header.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(data);
    bytes
}

fn f64s(values: &[f64]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_le_bytes()).collect()
}

fn put(folder: &Path, name: &str, content: &[u8]) -> String {
    let path = folder.join(name);
    std::fs::write(&path, content).unwrap();
    path.to_string_lossy().into_owned()
}

fn format_error(result: Result<Sample, Error>) -> (String, String) {
    match result {
        Err(Error::Format {
            expected, found, ..
        }) => (expected, found),
        other => panic!("{other:?}"),
    }
}

#[test]
fn npy_of_every_kind_reads() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let expected = Sample::from_points(2, vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]).unwrap();
    let c = put(
        at,
        "c.npy",
        &npy(
            "<f8",
            false,
            "(3, 2)",
            &f64s(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]),
        ),
    );
    assert_eq!(read(&c).unwrap(), expected);
    let fortran = put(
        at,
        "f.npy",
        &npy(
            "<f8",
            true,
            "(3, 2)",
            &f64s(&[1.0, 3.0, 5.0, 2.0, 4.0, 6.0]),
        ),
    );
    assert_eq!(read(&fortran).unwrap(), expected);
    let singles: Vec<u8> = [1.5_f32, -2.0]
        .iter()
        .flat_map(|v| v.to_le_bytes())
        .collect();
    let single = put(at, "s.npy", &npy("<f4", false, "(2,)", &singles));
    assert_eq!(
        read(&single).unwrap(),
        Sample::from_points(1, vec![1.5, -2.0]).unwrap()
    );
    let big: Vec<u8> = [1.5_f64, -2.0]
        .iter()
        .flat_map(|v| v.to_be_bytes())
        .collect();
    let big = put(at, "b.npy", &npy(">f8", false, "(1, 2)", &big));
    assert_eq!(
        read(&big).unwrap(),
        Sample::from_points(2, vec![1.5, -2.0]).unwrap()
    );
    // The largest half, a whole one, the smallest above zero, and the one next to a third.
    let halves = [0x7BFF_u16, 0xC000, 0x0001, 0x3555];
    let values = vec![65504.0, -2.0, 2.0_f64.powi(-24), 1365.0 / 4096.0];
    for (descr, bytes) in [
        ("<f2", halves.map(u16::to_le_bytes)),
        (">f2", halves.map(u16::to_be_bytes)),
    ] {
        let half = put(
            at,
            "h.npy",
            &npy(descr, false, "(2, 2)", bytes.as_flattened()),
        );
        assert_eq!(
            read(&half).unwrap(),
            Sample::from_points(2, values.clone()).unwrap()
        );
    }
    let infinite = put(
        at,
        "h.npy",
        &npy("<f2", false, "(2,)", &[0x00, 0x3C, 0x00, 0x7C]),
    );
    assert!(matches!(read(&infinite), Err(Error::NonFinite { .. })));
    let integers: Vec<u8> = [7_i64, -8].iter().flat_map(|v| v.to_le_bytes()).collect();
    let integers = put(at, "i.npy", &npy("<i8", false, "(2,)", &integers));
    assert_eq!(
        read(&integers).unwrap(),
        Sample::from_points(1, vec![7.0, -8.0]).unwrap()
    );
    let bytes = put(at, "u.npy", &npy("|u1", false, "(2,)", &[0, 255]));
    assert_eq!(
        read(&bytes).unwrap(),
        Sample::from_points(1, vec![0.0, 255.0]).unwrap()
    );
}

#[test]
fn damaged_npy_says_what_was_expected() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let whole = npy("<f8", false, "(3, 2)", &f64s(&[0.0; 6]));
    for (name, content, expects) in [
        ("empty.npy", Vec::new(), "\\x93NUMPY"),
        ("text.npy", b"1,2,3".to_vec(), "\\x93NUMPY"),
        ("header.npy", whole[..30].to_vec(), "floats or of integers"),
        (
            "short.npy",
            whole[..whole.len() - 1].to_vec(),
            "3 x 2 numbers of 8 bytes",
        ),
        (
            "long.npy",
            [whole.clone(), vec![0]].concat(),
            "3 x 2 numbers of 8 bytes",
        ),
        (
            "cube.npy",
            npy("<f8", false, "(1, 2, 3)", &f64s(&[0.0; 6])),
            "(points, coordinates)",
        ),
        (
            "scalar.npy",
            npy("<f8", false, "()", &f64s(&[0.0])),
            "(points, coordinates)",
        ),
        (
            "none.npy",
            npy("<f8", false, "(0, 2)", &[]),
            "at least one point",
        ),
        (
            "complex.npy",
            npy("<c16", false, "(1,)", &[0; 16]),
            "floats or of integers",
        ),
        (
            "large.npy",
            npy("<i8", false, "(1,)", &i64::MAX.to_le_bytes()),
            "2^53",
        ),
        (
            "huge.npy",
            npy("<f8", false, "(99999999999, 99999999999)", &[]),
            "floats or of integers",
        ),
    ] {
        let path = put(at, name, &content);
        let (expected, found) = format_error(read(&path));
        assert!(
            expected.contains(expects),
            "{name}: expected {expected}, found {found}"
        );
    }
    let nan = put(
        at,
        "nan.npy",
        &npy("<f8", false, "(1, 2)", &f64s(&[0.0, f64::NAN])),
    );
    assert_eq!(
        read(&nan),
        Err(Error::NonFinite {
            point: 0,
            coordinate: 1,
            value: "NaN".into()
        })
    );
    assert!(matches!(
        read(&at.join("no.npy").to_string_lossy()),
        Err(Error::File { .. })
    ));
    let other = put(at, "x.txt", b"1");
    assert!(format_error(read(&other)).0.contains(".safetensors"));
}

#[test]
fn archives_read_by_key() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let x = Sample::from_points(2, vec![1.0, 2.0, 3.0, 4.0]).unwrap();
    let y = Sample::from_points(1, vec![5.0, 6.0]).unwrap();
    let pairs = at.join("pairs.npz");
    write_paired_npz(&pairs, &Paired::new(x.clone(), y.clone()).unwrap()).unwrap();
    let name = pairs.to_string_lossy().into_owned();
    assert_eq!(read(&format!("{name}:x")).unwrap(), x);
    assert_eq!(read(&format!("{name}:y")).unwrap(), y);
    assert!(format_error(read(&name)).1.contains("x, y"));
    assert!(format_error(read(&format!("{name}:z"))).1.contains("x, y"));
    let one = at.join("one.npz");
    write_npz(&one, &x).unwrap();
    assert_eq!(read(&one.to_string_lossy()).unwrap(), x);
    let whole = std::fs::read(&one).unwrap();
    let cut = put(at, "cut.npz", &whole[..whole.len() / 2]);
    assert!(format_error(read(&cut)).0.contains(".npz"));
    let plain = at.join("x.npy");
    write_npy(&plain, &x).unwrap();
    assert_eq!(read(&plain.to_string_lossy()).unwrap(), x);
    // The same numbers give the same bytes.
    write_npz(&one, &x).unwrap();
    assert_eq!(std::fs::read(&one).unwrap(), whole);
}

#[test]
fn safetensors_read_by_key() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, header: &str, data: &[u8]| {
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend(header.as_bytes());
        bytes.extend(data);
        put(folder.path(), name, &bytes)
    };
    let two = write(
        "two.safetensors",
        r#"{"a":{"dtype":"F64","shape":[2,1],"data_offsets":[0,16]},"b":{"dtype":"F32","shape":[2],"data_offsets":[16,24]}}"#,
        &[
            f64s(&[1.0, 2.0]),
            3.0_f32.to_le_bytes().to_vec(),
            4.0_f32.to_le_bytes().to_vec(),
        ]
        .concat(),
    );
    assert_eq!(read(&format!("{two}:a")).unwrap().coordinates(), [1.0, 2.0]);
    assert_eq!(read(&format!("{two}:b")).unwrap().coordinates(), [3.0, 4.0]);
    assert!(format_error(read(&two)).1.contains("a, b"));
    // 1.5 and -2 in both kinds of 16 bits.
    for (kind, numbers) in [("F16", [0x3E00_u16, 0xC000]), ("BF16", [0x3FC0, 0xC000])] {
        let half = write(
            "half.safetensors",
            &format!(r#"{{"a":{{"dtype":"{kind}","shape":[2],"data_offsets":[0,4]}}}}"#),
            numbers.map(u16::to_le_bytes).as_flattened(),
        );
        assert_eq!(read(&half).unwrap().coordinates(), [1.5, -2.0], "{kind}");
    }
    let integers = write(
        "integers.safetensors",
        r#"{"a":{"dtype":"I64","shape":[1],"data_offsets":[0,8]}}"#,
        &[0; 8],
    );
    assert!(format_error(read(&integers)).0.contains(".float()"));
    let cut = write(
        "cut.safetensors",
        r#"{"a":{"dtype":"F64","shape":[2],"data_offsets":[0,16]}}"#,
        &[0; 8],
    );
    assert!(format_error(read(&cut)).0.contains(".safetensors"));
}

#[test]
fn csv_reads_with_and_without_names() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let expected = Sample::from_points(2, vec![1.0, -2.5, 3e4, 0.0]).unwrap();
    for (name, text) in [
        ("plain.csv", "1,-2.5\n3e4, 0\n"),
        ("names.csv", "a,b\n1,-2.5\n3e4,0"),
        ("crlf.csv", "1,-2.5\r\n3e4,0\r\n"),
    ] {
        assert_eq!(
            read(&put(at, name, text.as_bytes())).unwrap(),
            expected,
            "{name}"
        );
    }
    for (name, text, expects) in [
        ("word.csv", "1,2\n3,x\n", "line 2, column 2"),
        ("mixed.csv", "a,2\n3,4\n", "line 1, column 1"),
        ("ragged.csv", "1,2\n3\n", "equally many"),
        ("empty.csv", "", "at least one line"),
        ("only.csv", "a,b\n", "at least one line"),
    ] {
        let (expected, found) = format_error(read(&put(at, name, text.as_bytes())));
        assert!(
            expected.contains(expects),
            "{name}: expected {expected}, found {found}"
        );
    }
    // Blank lines end a file and part nothing: what else belongs to the points by their place would move.
    for text in ["1,-2.5\n3e4,0\n\n \r\n", "1,-2.5\r\n3e4,0\r\n\r\n"] {
        assert_eq!(
            read(&put(at, "end.csv", text.as_bytes())).unwrap(),
            expected
        );
    }
    for (text, line) in [
        ("1,2\n\n3,4\n", 2),
        ("a,b\r\n1,2\r\n \r\n3,4\r\n\r\n5,6", 3),
        ("\n1,2\n", 1),
        ("1\r\r2\r", 2),
    ] {
        let (expected, found) = format_error(read(&put(at, "blank.csv", text.as_bytes())));
        assert!(expected.contains("no blank lines"), "{text:?}: {expected}");
        assert_eq!(found, format!("one in line {line}"), "{text:?}");
    }
    // A byte order mark is no part of the first number.
    let marked = read(&put(at, "marked.csv", b"\xef\xbb\xbf1\n2\n")).unwrap();
    assert_eq!(marked, Sample::from_points(1, vec![1.0, 2.0]).unwrap());
    assert!(matches!(
        read(&put(at, "nan.csv", b"1\nnan\n")),
        Err(Error::NonFinite { point: 1, .. })
    ));
}

fn idx(magic: u32, sizes: &[u32], body: &[u8]) -> Vec<u8> {
    let words = std::iter::once(magic).chain(sizes.iter().copied());
    let mut bytes: Vec<u8> = words.flat_map(u32::to_be_bytes).collect();
    bytes.extend(body);
    bytes
}

#[test]
fn idx_bytes_read_as_points() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let images = idx(0x0803, &[2, 2, 2], &[0, 1, 2, 3, 252, 253, 254, 255]);
    let expected =
        Sample::from_points(4, vec![0.0, 1.0, 2.0, 3.0, 252.0, 253.0, 254.0, 255.0]).unwrap();
    let plain = put(at, "t10k-images-idx3-ubyte", &images);
    assert_eq!(read(&plain).unwrap(), expected);
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut packed, &images).unwrap();
    let packed = packed.finish().unwrap();
    let whole = put(at, "t10k-images.idx3-ubyte.gz", &packed);
    assert_eq!(read(&whole).unwrap(), expected);
    let labels = put(
        at,
        "train-labels-idx1-ubyte",
        &idx(0x0801, &[3], &[7, 0, 9]),
    );
    assert_eq!(
        read(&labels).unwrap(),
        Sample::from_points(1, vec![7.0, 0.0, 9.0]).unwrap()
    );
    for (name, content, expected, found) in [
        ("a-ubyte", &images[..15], "a header of 16 bytes", "15 bytes"),
        (
            "b-ubyte",
            &images[..23],
            "2 x 4 bytes behind the header",
            "7 bytes",
        ),
        (
            "c-ubyte",
            &idx(0x0d03, &[1, 1, 1], &[0; 4]),
            "magic number 0x00000801",
            "0x00000d03",
        ),
        ("d-ubyte", &[], "magic number", "0 bytes"),
        ("e-ubyte", &idx(0x0803, &[u32::MAX; 3], &[]), "x", "bytes"),
        (
            "f-ubyte",
            &idx(0x0801, &[0], &[]),
            "at least one point",
            "(0, 1)",
        ),
        (
            "g-ubyte.gz",
            &packed[..packed.len() - 9],
            "a whole gzip file",
            "truncated",
        ),
    ] {
        let (wanted, was) = format_error(read(&put(at, name, content)));
        assert!(
            wanted.contains(expected) && was.contains(found),
            "{name}: {wanted}, {was}"
        );
    }
}
