//! Payload types for serde, as a user would write them.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde::ser::{Serialize, Serializer};

/// A subscribe payload, tagged by `Type`. `S` is the type of texts, and `A` that of attributes.
#[derive(serde::Deserialize, serde::Serialize)]
#[serde(tag = "Type", rename_all = "UPPERCASE")]
pub enum Tagged<S, A> {
    #[serde(rename_all = "PascalCase")]
    Message {
        id: S,
        request_id: S,
        attributes: Option<A>,
        content: S,
        send_time: S,
        sender: Sender<S, A>,
    },
    #[serde(rename_all = "PascalCase")]
    Event { id: S, request_id: S, event_name: S, attributes: Option<A>, send_time: S },
    #[serde(rename_all = "PascalCase")]
    Error { error_code: u16, error_message: S, id: S, request_id: S },
}

#[derive(serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Sender<S, A> {
    pub user_id: S,
    pub attributes: Option<A>,
}

/// A `SEND_MESSAGE` payload.
#[derive(serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Publish<S, A> {
    pub action: S,
    pub request_id: S,
    pub content: S,
    pub attributes: A,
}

/// The straightforward type: owned strings and hash maps.
pub type Owned = Tagged<String, HashMap<String, String>>;
pub type OwnedPublish = Publish<String, HashMap<String, String>>;

/// The input of an encoder: plain texts that are borrowed from the application.
pub type Plain<'a> = Tagged<&'a str, Pairs<&'a str>>;
pub type PlainPublish<'a> = Publish<&'a str, Pairs<&'a str>>;

impl Owned {
    pub fn to_plain(&self) -> Plain<'_> {
        match self {
            Self::Message { id, request_id, attributes, content, send_time, sender } => {
                Plain::Message {
                    id,
                    request_id,
                    attributes: attributes.as_ref().map(to_pairs),
                    content,
                    send_time,
                    sender: Sender {
                        user_id: &sender.user_id,
                        attributes: sender.attributes.as_ref().map(to_pairs),
                    },
                }
            }
            Self::Event { id, request_id, event_name, attributes, send_time } => Plain::Event {
                id,
                request_id,
                event_name,
                attributes: attributes.as_ref().map(to_pairs),
                send_time,
            },
            Self::Error { error_code, error_message, id, request_id } => {
                Plain::Error { error_code: *error_code, error_message, id, request_id }
            }
        }
    }
}

impl OwnedPublish {
    pub fn to_plain(&self) -> PlainPublish<'_> {
        PlainPublish {
            action: &self.action,
            request_id: &self.request_id,
            content: &self.content,
            attributes: to_pairs(&self.attributes),
        }
    }
}

fn to_pairs(attributes: &HashMap<String, String>) -> Pairs<&str> {
    let mut pairs: Vec<_> =
        attributes.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    pairs.sort_unstable();
    Pairs(pairs)
}

/// The cheapest type for decoding every payload with serde.
///
/// It is flat, so serde need not buffer members until `Type` is known. Texts are borrowed unless
/// they have escapes. `A` is the type of attributes.
#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Borrowed<'a, A> {
    #[serde(borrow)]
    pub r#type: Text<'a>,
    #[serde(borrow, default)]
    pub id: Text<'a>,
    #[serde(borrow, default)]
    pub request_id: Text<'a>,
    pub attributes: Option<A>,
    #[serde(borrow, default)]
    pub content: Text<'a>,
    #[serde(borrow, default)]
    pub send_time: Text<'a>,
    #[serde(borrow)]
    pub sender: Option<Sender<Text<'a>, A>>,
    #[serde(borrow, default)]
    pub event_name: Text<'a>,
    #[serde(default)]
    pub error_code: u16,
    #[serde(borrow, default)]
    pub error_message: Text<'a>,
}

/// Declares a type for every publish payload, as cheap as [`Borrowed`]. It accepts names in one
/// letter case only, which is faster than accepting all.
macro_rules! borrowed_publish {
    ($name:ident, $action:literal, $request_id:literal, $content:literal, $attributes:literal,
     $id:literal, $user_id:literal, $reason:literal) => {
        #[derive(serde::Deserialize)]
        pub struct $name<'a, A> {
            #[serde(borrow, rename = $action)]
            pub action: Text<'a>,
            #[serde(borrow, default, rename = $request_id)]
            pub request_id: Text<'a>,
            #[serde(borrow, default, rename = $content)]
            pub content: Text<'a>,
            #[serde(rename = $attributes)]
            pub attributes: Option<A>,
            #[serde(borrow, default, rename = $id)]
            pub id: Text<'a>,
            #[serde(borrow, default, rename = $user_id)]
            pub user_id: Text<'a>,
            #[serde(borrow, default, rename = $reason)]
            pub reason: Text<'a>,
        }
    };
}

borrowed_publish!(
    BorrowedPublish,
    "Action",
    "RequestId",
    "Content",
    "Attributes",
    "Id",
    "UserId",
    "Reason"
);
borrowed_publish!(
    CamelCasePublish,
    "action",
    "requestId",
    "content",
    "attributes",
    "id",
    "userId",
    "reason"
);
borrowed_publish!(
    LowerCasePublish,
    "action",
    "requestid",
    "content",
    "attributes",
    "id",
    "userid",
    "reason"
);

/// A text that is borrowed if it has no escapes. Serde borrows a `Cow` only in a field.
#[derive(Default)]
pub struct Text<'a>(pub Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;

        impl<'de> Visitor<'de> for TextVisitor {
            type Value = Text<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(text.into())))
            }
        }

        deserializer.deserialize_str(TextVisitor)
    }
}

impl Serialize for Text<'_> {
    fn serialize<T: Serializer>(&self, serializer: T) -> Result<T::Ok, T::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// Attributes as a list, which is cheaper than a hash map.
pub struct Pairs<S>(pub Vec<(S, S)>);

impl<'de, S: Deserialize<'de>> Deserialize<'de> for Pairs<S> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PairsVisitor<S>(Vec<(S, S)>);

        impl<'de, S: Deserialize<'de>> Visitor<'de> for PairsVisitor<S> {
            type Value = Pairs<S>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of strings")
            }

            fn visit_map<M: MapAccess<'de>>(mut self, mut map: M) -> Result<Pairs<S>, M::Error> {
                while let Some(pair) = map.next_entry()? {
                    self.0.push(pair);
                }
                Ok(Pairs(self.0))
            }
        }

        deserializer.deserialize_map(PairsVisitor(Vec::new()))
    }
}

impl<S: Serialize> Serialize for Pairs<S> {
    fn serialize<T: Serializer>(&self, serializer: T) -> Result<T::Ok, T::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}
