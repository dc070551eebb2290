//! Requests to send, which must be accepted or refused as documented.

use ivs_chat_proto::Content;
use ivs_chat_proto::Instant;
use ivs_chat_proto::client::SendErrorKind;
use ivs_chat_proto::publish::{DeleteMessage, DisconnectUser, Publish, SendMessage};

use super::input::{BufferSize, Effect, RequestIdChoice, RequestKind, Target};
use super::{ModelCheck, ORIGIN};

/// An accepted request: its handle, connection, `RequestId` and payload.
type Accepted = (u64, u64, String, String);

/// Returns `true` for a version 4 UUID in lower case.
fn is_uuid(text: &str) -> bool {
    let shape = text.bytes().enumerate().all(|(place, byte)| match place {
        8 | 13 | 18 | 23 => byte == b'-',
        14 => byte == b'4',
        19 => b"89ab".contains(&byte),
        _ => b"0123456789abcdef".contains(&byte),
    });
    text.len() == 36 && shape
}

fn publish<'p>(
    kind: RequestKind,
    content: &'p str,
    request_id: Option<ivs_chat_proto::Text<'p>>,
) -> Publish<'p> {
    match kind {
        RequestKind::Message | RequestKind::LongMessage => {
            let mut send =
                SendMessage::new(Content::new(content).expect("at most 500 code points"));
            send.request_id = request_id;
            send.into()
        }
        RequestKind::Delete(id) => {
            let mut delete = DeleteMessage::new(id);
            delete.request_id = request_id;
            delete.into()
        }
        RequestKind::Disconnect(id) => {
            let mut disconnect = DisconnectUser::new(id);
            disconnect.request_id = request_id;
            disconnect.into()
        }
    }
}

impl ModelCheck {
    fn own_request_id(&mut self, request_id: RequestIdChoice) -> Option<String> {
        match request_id {
            RequestIdChoice::Generated => None,
            RequestIdChoice::Empty => Some(String::new()),
            RequestIdChoice::Own | RequestIdChoice::Escaped => Some(self.name("r-")),
            RequestIdChoice::Short => Some("r".to_owned()),
            RequestIdChoice::Again(number) => {
                self.model.requests.get(number).map(|request| request.request_id.clone())
            }
        }
    }

    pub(super) fn send(
        &mut self,
        kind: RequestKind,
        request_id: RequestIdChoice,
        buffer_size: BufferSize,
        effects: &mut Vec<Effect>,
    ) -> bool {
        let limit = self.model.config.max_code_points.into();
        let content = "é".repeat(if kind == RequestKind::LongMessage { limit + 1 } else { limit });
        let content = if limit == 500 { "é".repeat(500) } else { content };
        let own = self.own_request_id(request_id);
        let own = own.as_deref();
        // A proxy has such a `RequestId` after decoding the request of another client.
        let escaped = own.map(|own| own.trim_start_matches('r'));
        let escaped = escaped.map(|own| {
            format!(r#"{{"Action":"DELETE_MESSAGE","Id":"","RequestId":"\u0072{own}"}}"#)
        });
        let escaped = escaped.as_deref().filter(|_| request_id == RequestIdChoice::Escaped);
        let escaped = escaped.and_then(|escaped| Publish::decode_str(escaped).ok()?.request_id());
        let request = publish(kind, &content, escaped.or(own.map(Into::into)));
        let written = own.filter(|own| !own.is_empty());
        let any_uuid = "00000000-0000-4000-8000-000000000000";
        let with_id = publish(kind, &content, escaped.or(Some(written.unwrap_or(any_uuid).into())));
        let length = with_id.encoded_len() - usize::from(buffer_size == BufferSize::TooSmall);
        let data = self.names;

        let (result, steady, reading) = self.call(|client, now| {
            let (mut buffer, mut string) = (vec![0; length], "previous content".to_owned());
            #[cfg(not(feature = "alloc"))]
            string.clear();
            let sent = match buffer_size {
                #[cfg(feature = "alloc")]
                BufferSize::Growing => client.send_in_string(now, request, data, &mut string),
                _ => client.send(now, request, data, &mut buffer),
            };
            sent.map(|sent| {
                let request_id = sent.request_id.to_string();
                (
                    sent.handle.number(),
                    sent.connection.number(),
                    request_id,
                    sent.payload.to_owned(),
                )
            })
        });
        let now = self.model.at(reading);
        let too_small =
            || with_id.encode(&mut vec![0; length]).err().map(SendErrorKind::BufferTooSmall);
        let refusal = self.model.refusal(&request, now).or_else(too_small);
        match (result, refusal) {
            (Err(error), Some(kind)) => {
                let own_error = steady.expect_err("both refuse");
                assert_eq!((error.data, own_error.data), (data, data));
                assert_eq!(own_error.kind, on_steady_clock(kind));
                assert_eq!(error.kind, on_callers_clock(kind, now, reading));
                effects.push(Effect::Refused(kind));
                false
            }
            (Ok(sent), None) => {
                assert_eq!(Ok(&sent), steady.as_ref());
                assert_eq!(sent.3.len(), length);
                self.tick(reading);
                self.accepted(sent, kind, &content, written, data);
                effects.push(Effect::Accepted);
                true
            }
            (result, refusal) => panic!("{request:?} returned {result:?}, expected {refusal:?}"),
        }
    }

    fn accepted(
        &mut self,
        sent: Accepted,
        kind: RequestKind,
        content: &str,
        written: Option<&str>,
        data: u32,
    ) {
        let (handle, connection, request_id, payload) = sent;
        let conn = self.model.current().expect("a connection");
        assert_eq!((handle, connection), (self.model.accepted, conn as u64));
        let Ok(decoded) = Publish::decode_str(&payload) else { panic!("{payload}") };
        assert_eq!(decoded.request_id().map(|id| id.to_string()).as_ref(), Some(&request_id));
        match written {
            Some(own) => assert_eq!(request_id, own),
            None => assert!(
                is_uuid(&request_id) && self.generated.insert(request_id.clone()),
                "{request_id}"
            ),
        }
        let target = match (kind, decoded) {
            (RequestKind::Message | RequestKind::LongMessage, Publish::SendMessage(sent))
                if sent.content.text() == content =>
            {
                Target::Sent
            }
            (RequestKind::Delete(id), Publish::DeleteMessage(sent)) if sent.id == id => {
                Target::Deleted(id)
            }
            (RequestKind::Disconnect(id), Publish::DisconnectUser(sent)) if sent.user_id == id => {
                Target::Disconnected(id)
            }
            other => panic!("{other:?}"),
        };
        let handle = ivs_chat_proto::client::RequestHandle::from_number(handle);
        self.model.accept(handle, data, conn, request_id, target);
        self.names += 1;
    }
}

const fn on_steady_clock(kind: SendErrorKind) -> SendErrorKind {
    match kind {
        SendErrorKind::TooManyRequests { retry_at } => SendErrorKind::TooManyRequests {
            retry_at: Instant::from_millis(ORIGIN + retry_at.as_millis()),
        },
        kind => kind,
    }
}

/// Converts `retry_at` from the client's own time to the caller's clock.
const fn on_callers_clock(kind: SendErrorKind, now: u64, reading: u64) -> SendErrorKind {
    match kind {
        SendErrorKind::TooManyRequests { retry_at } => {
            let left = retry_at.as_millis() - now;
            SendErrorKind::TooManyRequests {
                retry_at: Instant::from_millis(reading.saturating_add(left)),
            }
        }
        kind => kind,
    }
}
