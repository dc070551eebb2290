//! Do the decoder and the encoder follow the reference and JSON (RFC 8259)?
//!
//! The vectors go through every driver as they are, in other spellings and with mutations. The
//! properties take payloads from proptest. The oracles in `tests/oracle` decide what is right.

#[path = "../oracle/mod.rs"]
mod oracle;
#[path = "../vectors/mod.rs"]
mod vectors;

/// Declares a test for each driver and each table of vectors.
macro_rules! test_both_tables {
    ($($driver:ident)*) => {
        mod subscribe {
            $(
                #[test]
                fn $driver() {
                    super::$driver(&crate::vectors::subscribe());
                }
            )*
        }

        mod publish {
            $(
                #[test]
                fn $driver() {
                    super::$driver(&crate::vectors::publish());
                }
            )*
        }
    };
}

mod known_answers;
mod member_mutations;
#[cfg(all(feature = "alloc", feature = "serde"))]
mod mutations;
mod nesting;
#[cfg(feature = "alloc")]
mod properties;
mod spellings;
#[cfg(feature = "alloc")]
mod strategies;
mod strings;
#[cfg(feature = "alloc")]
mod timestamps;

use oracle::Payload;
use oracle::spelling::Object;
use vectors::Vector;

/// Calls `test` with each vector, and names the vector if the test fails.
fn for_each<P: Payload>(vectors: &[Vector<P>], test: impl Fn(&Vector<P>)) {
    for vector in vectors {
        let result = std::panic::catch_unwind(core::panic::AssertUnwindSafe(|| test(vector)));
        assert!(result.is_ok(), "{}: {}", vector.name, String::from_utf8_lossy(&vector.wire));
    }
}

/// Calls `test` with each valid vector and its value.
fn for_each_valid<P: Payload>(vectors: &[Vector<P>], test: impl Fn(&Vector<P>, P)) {
    for_each(vectors, |vector| {
        if let Ok(payload) = vector.value {
            test(vector, payload);
        }
    });
}

/// Checks that `wire` decodes to `expected`, and that the decoded payload encodes to `encoded`.
fn check_value<P: Payload>(wire: &[u8], expected: &P, encoded: Option<&[u8]>) {
    let wire = core::str::from_utf8(wire).expect("text");
    match P::decode_str(wire) {
        Ok(found) => {
            assert!(expected.equals(&found), "{found:?} is not {expected:?}: {wire}");
            if let Some(encoded) = encoded {
                assert_eq!(found.encode_to_string().as_bytes(), encoded, "{wire}");
            }
        }
        Err(error) => panic!("{error}: {wire}"),
    }
}

/// Replaces the value of each member of the object, and of each member of its sender, with `value`,
/// and calls `test` with each result.
fn for_each_replaced_value(object: &Object, value: &[u8], test: impl Fn(&[u8])) {
    for index in 0..object.members.len() {
        test(&object.with_value(index, value));
    }
    let Some((sender_index, sender)) = object.sender() else { return };
    for index in 0..sender.members.len() {
        test(&object.with_value(sender_index, &sender.with_value(index, value)));
    }
}
