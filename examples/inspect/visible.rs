//! Text of the wire on a terminal: everything in it is to be seen, and nothing of it to be obeyed.

use core::fmt::{self, Write};

use ivs_chat_proto::Text;

/// Whether a character would act on a terminal or a line instead of showing there: control characters, the ends of lines
/// and paragraphs, and what Unicode calls `Default_Ignorable_Code_Point`, such as the marks that turn the direction of
/// text around. Joiners and variation selectors are of those, too, but emoji and several scripts are written with them:
/// they may stay.
pub(crate) const fn is_hidden(character: char) -> bool {
    matches!(character,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}'
        | '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}'
        | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e00ff}' | '\u{e01f0}'..='\u{e0fff}'
    )
}

fn write_char(out: &mut impl Write, character: char) -> fmt::Result {
    match character {
        '\n' => out.write_char('⏎'),
        hidden if is_hidden(hidden) => write!(out, "{}", hidden.escape_default()),
        other => out.write_char(other),
    }
}

/// All of a text.
pub(crate) struct Visible<'a>(pub(crate) Text<'a>);

impl fmt::Display for Visible<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|character| write_char(f, character))
    }
}

/// The beginning of a text, as much as fits into `columns`.
pub(crate) fn clip(text: Text<'_>, columns: usize) -> String {
    let mut shown = String::new();
    let mut used = 0;
    // Up to where there is room for an ellipsis.
    let mut fitting = 0;
    for (count, character) in text.chars().enumerate() {
        let start = shown.len();
        // Writing to a string does not fail.
        let _ = write_char(&mut shown, character);
        used += width(&shown[start..]);
        // What takes no columns must not go on for ever.
        if used > columns || count > 4 * columns {
            shown.truncate(fitting);
            shown.push('…');
            break;
        }
        if used < columns {
            fitting = shown.len();
        }
    }
    shown
}

/// Bytes that need not be text.
pub(crate) fn bytes(bytes: &[u8]) -> String {
    let mut shown = String::new();
    for chunk in bytes.utf8_chunks() {
        // Writing to a string does not fail.
        let _ = chunk.valid().chars().try_for_each(|character| write_char(&mut shown, character));
        let _ = chunk.invalid().iter().try_for_each(|byte| write!(shown, "\\x{byte:02x}"));
    }
    shown
}

/// How many columns of a terminal a text takes, about: terminals do not agree on emoji.
pub(crate) fn width(text: &str) -> usize {
    text.chars().map(char_width).sum()
}

fn char_width(character: char) -> usize {
    match character {
        '\u{1100}'..='\u{115f}'
        | '\u{2e80}'..='\u{303e}'
        | '\u{3041}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{a4cf}'
        | '\u{a960}'..='\u{a97f}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe6f}'
        | '\u{ff01}'..='\u{ff60}'
        | '\u{ffe0}'..='\u{ffe6}'
        | '\u{1f300}'..='\u{1f64f}'
        | '\u{1f680}'..='\u{1f6ff}'
        | '\u{1f900}'..='\u{1faff}'
        | '\u{20000}'..='\u{3fffd}' => 2,
        ' '..='~' => 1,
        // Marks that combine with the character in front of them: the standard library knows, and escapes, them.
        mark if !mark.is_whitespace() && mark.escape_debug().len() > 1 => 0,
        _ => 1,
    }
}
