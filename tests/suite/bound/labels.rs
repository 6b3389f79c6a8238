use vicinfo::Error;
use vicinfo::bound::Labels;

#[test]
fn integers_and_names() {
    let integers = Labels::from_integers(&[10, -2, 10, 3]).unwrap();
    assert_eq!(integers.classes(), ["-2", "3", "10"]);
    assert_eq!(integers.of(), [2, 0, 2, 1]);
    assert_eq!(integers.counts(), [1, 1, 2]);
    assert_eq!(integers.shares(), [0.25, 0.25, 0.5]);
    let names = Labels::from_names(&["dog", "cat", "dog"]).unwrap();
    assert_eq!(names.classes(), ["cat", "dog"]);
    assert_eq!(names.of(), [1, 0, 1]);
    assert_eq!(names.one_hot().as_slice(), [0.0, 1.0, 1.0, 0.0, 0.0, 1.0]);
    assert_eq!(names.select(&[1, 1]).unwrap().of(), [0, 0]);
}

#[test]
fn among_the_classes_of_another_list() {
    let names = Labels::from_names(&["dog", "cat"]).unwrap();
    let list = ["bird", "dog", "cat"].map(str::to_owned);
    let among = names.among(&list).unwrap();
    assert_eq!(among.of(), [1, 2]);
    assert_eq!(among.classes(), list);
    assert_eq!(among.counts(), [0, 1, 1]);
    assert_eq!(among.seen(), ["dog", "cat"]);
    assert_eq!(among.two_at_least("classes"), Ok(()));
    // Of names that nobody has there is nothing to predict.
    let only = among.select(&[0, 0]).unwrap();
    let refused = only.two_at_least("classes of it").unwrap_err().to_string();
    assert!(
        refused.contains("classes of it = dog alone: at least two"),
        "{refused}"
    );
    assert_eq!(
        names.among(&list[..2]),
        Err(Error::UnknownName {
            kind: "class",
            name: "cat".to_owned(),
            known: "bird, dog".to_owned(),
        })
    );
}

#[test]
fn rejections() {
    let empty: [&str; 0] = [];
    assert_eq!(
        Labels::from_names(&empty),
        Err(Error::Empty { n: 0, dim: 0 })
    );
    assert_eq!(
        Labels::from_integers(&[]),
        Err(Error::Empty { n: 0, dim: 0 })
    );
    assert_eq!(
        Labels::new(vec![0, 2], vec!["a".to_owned(), "b".to_owned()]),
        Err(Error::Mismatch {
            what: "index of a class, at most",
            expected: 1,
            actual: 2
        })
    );
    assert_eq!(
        Labels::new(vec![0], vec!["a".to_owned(), "a".to_owned()]),
        Err(Error::invalid("class", "a", "a name stands once"))
    );
    assert_eq!(
        Labels::from_integers(&[1]).unwrap().select(&[1]),
        Err(Error::Mismatch {
            what: "index of a point, at most",
            expected: 0,
            actual: 1
        })
    );
}

#[test]
fn classes_of_several_sets_are_ordered_by_number_or_name() {
    let numbers = |labels: &[i64]| Labels::from_integers(labels).unwrap();
    let (few, many) = (numbers(&[10, 2]), numbers(&[-1, 2, 9]));
    assert_eq!(Labels::union(&[&few, &many]), ["-1", "2", "9", "10"]);
    let names = Labels::from_names(&["10", "cat"]).unwrap();
    assert_eq!(Labels::union(&[&few, &names]), ["10", "2", "cat"]);
    // A name of digits is no number where it is written otherwise.
    let agents = Labels::from_names(&["007", "7"]).unwrap();
    assert_eq!(Labels::union(&[&agents]), ["007", "7"]);
    assert!(agents.among(&Labels::union(&[&agents])).is_ok());
}
