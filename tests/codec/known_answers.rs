//! Known-answer tests: each vector decodes and encodes as the table says.

use ivs_chat_proto::DecodeErrorKind;
use ivs_chat_proto::publish::Publish;

use crate::oracle::{self, Payload};
use crate::vectors::{self, Vector};
use crate::{for_each, for_each_valid};

test_both_tables! {
    decodes_to_the_value_or_the_error
    model_gives_the_value_or_the_error
    encodes_to_the_canonical_form
    keeps_all_invariants
    every_prefix_is_unexpected_end
    rejects_every_trailing_byte
    rejects_every_smaller_buffer
    rejects_all_that_serde_json_rejects
}

fn decodes_to_the_value_or_the_error<P: Payload>(vectors: &[Vector<P>]) {
    for_each(vectors, |vector| match (P::decode(&vector.wire), vector.value) {
        (Ok(found), Ok(expected)) => {
            assert!(expected.equals(&found), "{found:?} is not {expected:?}");
        }
        (Err(found), Err(expected)) => assert_eq!((found.kind(), found.offset()), expected),
        (found, expected) => panic!("{found:?} is not {expected:?}"),
    });
}

fn model_gives_the_value_or_the_error<P: Payload>(vectors: &[Vector<P>]) {
    for_each(vectors, |vector| match (P::model(&vector.wire), vector.value) {
        (Ok(found), Ok(expected)) => assert_eq!(found, expected.to_decoded()),
        (Err(found), Err(expected)) => assert_eq!(found, expected),
        (found, expected) => panic!("{found:?} is not {expected:?}"),
    });
}

fn encodes_to_the_canonical_form<P: Payload>(vectors: &[Vector<P>]) {
    for_each_valid(vectors, |vector, _| {
        let decoded = P::decode(&vector.wire).expect("a payload");
        assert_eq!(decoded.encode_to_string().as_bytes(), vector.encoded());
    });
}

fn keeps_all_invariants<P: Payload>(vectors: &[Vector<P>]) {
    for_each(vectors, |vector| oracle::check_bytes::<P>(&vector.wire));
    for_each_valid(vectors, |_, payload| {
        payload.check_accessors();
        oracle::check_encoding(&payload);
    });
}

fn every_prefix_is_unexpected_end<P: Payload>(vectors: &[Vector<P>]) {
    for_each_valid(vectors, |vector, _| oracle::check_prefixes::<P>(&vector.wire));
}

fn rejects_every_trailing_byte<P: Payload>(vectors: &[Vector<P>]) {
    for_each_valid(vectors, |vector, _| {
        for byte in 0..=u8::MAX {
            let wire = [vector.wire.as_slice(), &[byte]].concat();
            match P::decode(&wire) {
                Ok(_) => assert!(b" \t\r\n".contains(&byte)),
                Err(error) => {
                    assert_eq!(
                        (error.kind(), error.offset()),
                        (DecodeErrorKind::TrailingBytes, vector.wire.len())
                    );
                }
            }
        }
    });
}

fn rejects_every_smaller_buffer<P: Payload>(vectors: &[Vector<P>]) {
    for_each_valid(vectors, |_, payload| {
        let length = payload.encoded_len();
        let mut buffer = vec![0; length];
        for size in 0..length {
            assert_eq!(payload.encode(&mut buffer[..size]).unwrap_err().needed(), length);
        }
    });
}

fn rejects_all_that_serde_json_rejects<P: Payload>(vectors: &[Vector<P>]) {
    for_each(vectors, |vector| {
        if serde_json::from_slice::<serde_json::Value>(&vector.wire).is_err() {
            assert!(P::decode(&vector.wire).is_err());
        }
    });
}

#[cfg(all(feature = "alloc", feature = "serde"))]
#[test]
fn serde_json_agrees_on_every_vector() {
    for_each(&vectors::subscribe(), |vector| oracle::differential::check_bytes(&vector.wire));
    for_each(&vectors::publish(), |vector| oracle::differential::check_bytes(&vector.wire));
}

#[test]
fn vector_names_are_unique() {
    for names in [
        vectors::subscribe().iter().map(|vector| vector.name).collect::<Vec<_>>(),
        vectors::publish().iter().map(|vector| vector.name).collect(),
    ] {
        let unique: std::collections::BTreeSet<_> = names.iter().collect();
        assert_eq!(unique.len(), names.len());
    }
}

#[test]
fn peeks_the_request_id_of_a_rejected_payload() {
    let found = |payload: &[u8]| Publish::peek_request_id(payload).map(|id| id.to_string());
    let some = |id: &str| Some(String::from(id));
    for (payload, expected) in [
        (&br#"{"Action":"SEND_MESSAGE","RequestId":"r","Content":""}"#[..], some("r")),
        (br#"{"Action":"JOIN","requestid":"r"}"#, some("r")),
        (br#"{"x":[{"RequestId":"no"}],"RequestId":"r","#, some("r")),
        (br#"{"RequestId":"\u0072\n"#, None),
        (br#"{"RequestId":"\u0072\n" and then anything"#, some("r\n")),
        (b"{\"RequestId\":\"r\",\"Content\":\"\xff\"}", some("r")),
        (b"{\"Content\":\"\xff\",\"RequestId\":\"r\"}", None),
        (br#"{"RequestId":"r","RequestId":"s"}"#, some("r")),
        (br#"{"RequestId":"","RequestId":"s"}"#, None),
        (br#"{"RequestId":7}"#, None),
        (br#"{"RequestId":null}"#, None),
        (br#"{"Content":"#, None),
        (b"[]", None),
        (b"", None),
    ] {
        assert_eq!(found(payload), expected, "{}", String::from_utf8_lossy(payload));
    }
}
