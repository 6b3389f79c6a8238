use vicinfo::Error;
use vicinfo::parameters::{Written, split_top_level};

#[test]
fn names_with_parameters_read_back() {
    for text in [
        "gaussian(bias_corrected=true)",
        "kolchinsky_tracey(bound=kl,std=0.5)",
        "diagonal_gaussian()",
    ] {
        assert_eq!(vicinfo::entropy::parse(text).unwrap().name(), text);
    }
    for entry in vicinfo::entropy::ALL {
        for name in entry.defaults {
            assert_eq!(vicinfo::entropy::parse(name).unwrap().name(), *name);
        }
        assert_eq!(
            vicinfo::entropy::parse(entry.id)
                .unwrap()
                .name()
                .split('(')
                .next(),
            Some(entry.id)
        );
    }
    for entry in vicinfo::information::ALL {
        for name in entry.defaults {
            assert_eq!(vicinfo::information::parse(name).unwrap().name(), *name);
        }
    }
}

#[test]
fn wrong_names_say_what_is_known() {
    let message = |text: &str| vicinfo::entropy::parse(text).err().unwrap().to_string();
    assert!(
        message("gausian").contains("kozachenko_leonenko"),
        "{}",
        message("gausian")
    );
    assert!(message("gaussian(k=3)").contains("bias_corrected"));
    assert!(message("gaussian(bias_corrected=maybe)").contains("true or false"));
    assert!(message("gaussian(bias_corrected)").contains("name=value"));
    assert!(message("gaussian(bias_corrected=true").contains("not closed"));
    assert!(message("kolchinsky_tracey(bound=upper)").contains("bhattacharyya"));
    assert!(message("kolchinsky_tracey(std=0)").contains("positive"));
    assert!(message("kolchinsky_tracey(std=1,std=2)").contains("twice"));
    assert!(matches!(
        Written::parse(""),
        Err(Error::InvalidParameter { .. })
    ));
}

#[test]
fn lists_split_outside_parentheses_only() {
    assert_eq!(split_top_level("a(b,c),d"), Some(vec!["a(b,c)", "d"]));
    assert_eq!(split_top_level(""), Some(vec![]));
    assert_eq!(split_top_level("a(b"), None);
    assert_eq!(split_top_level("a)b("), None);
}
