//! Text of others as it can be shown: what shows as nothing, or makes other text show as something else, is written out.

use std::collections::BTreeSet;

use domain::integration::Clue;

/// The text with every such character written as `\u{202e}`, and which there are. Lines and tabs stay.
pub(super) fn written_out(text: &str) -> (String, BTreeSet<String>) {
    let (mut shown, mut unseen) = (String::with_capacity(text.len()), BTreeSet::new());
    let mut letters = text.char_indices().peekable();
    let mut before = None;
    while let Some((at, letter)) = letters.next() {
        let dresses = matches!(letter, '\u{fe0f}' | '\u{200d}') && before.is_some_and(is_symbol);
        if is_unseen(letter) && !dresses {
            let written = format!("\\u{{{:x}}}", u32::from(letter));
            shown.push_str(&written);
            unseen.insert(written);
        } else if letter == '\\' && text.get(at + 1..).is_some_and(|rest| rest.starts_with("u{")) {
            // What only looks as if it had been written out.
            shown.push_str("\\u{5c}");
        } else {
            shown.push(letter);
        }
        // The form of a symbol, and what joins two, belong to the symbol; another one after it does not.
        before = (!is_unseen(letter)
            || (dresses && letter == '\u{fe0f}' && letters.peek().is_some_and(|(_, next)| *next == '\u{200d}')))
        .then_some(if dresses { '\u{2764}' } else { letter });
    }
    (shown, unseen)
}

/// Evidence as it can be shown.
pub(super) fn clues_written_out(clues: &[Clue]) -> Vec<Clue> {
    clues.iter().map(|clue| Clue { words: written_out(&clue.words).0, ..clue.clone() }).collect()
}

/// A picture, to whose form a variation selector or a joiner may belong.
fn is_symbol(letter: char) -> bool {
    letter >= '\u{2190}' && !letter.is_alphanumeric()
}

fn is_unseen(letter: char) -> bool {
    if matches!(letter, '\n' | '\t') {
        return false;
    }
    letter.is_control()
        || matches!(letter,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{3164}'
            | '\u{feff}' | '\u{ffa0}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{fff0}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_show_is_written_out_and_named() {
        let (shown, unseen) = written_out("pay\u{202e}gpj\u{200b} \u{1b}[31m\u{9b}\u{e0041}\r\u{7f}\u{2066}\u{fe0f}");
        assert_eq!(shown, "pay\\u{202e}gpj\\u{200b} \\u{1b}[31m\\u{9b}\\u{e0041}\\u{d}\\u{7f}\\u{2066}\\u{fe0f}");
        assert_eq!(unseen.len(), 9);
        assert!(unseen.contains("\\u{e0041}"));
    }

    #[test]
    fn plain_text_in_any_script_lines_and_pictures_stay_as_they_are() {
        for plain in [
            "Überweisung\n\tzurück",
            "支払い 결제 платёж",
            "\u{2709}\u{fe0f} \u{1f468}\u{200d}\u{1f4bb}",
            "\u{2764}\u{fe0f}\u{200d}\u{1f525}",
            "a\\b \\n",
        ] {
            assert_eq!(written_out(plain), (plain.to_owned(), BTreeSet::new()));
        }
    }

    #[test]
    fn what_looks_as_if_it_had_been_written_out_is_told_from_what_was() {
        let (shown, unseen) = written_out("\\u{202e}");
        assert_eq!((shown.as_str(), unseen.len()), ("\\u{5c}u{202e}", 0));
    }

    #[test]
    fn a_picture_hides_nothing_behind_it() {
        let (_, unseen) = written_out("\u{2709}\u{fe0f}\u{fe0f}\u{fe00}\u{e0100}");
        assert_eq!(unseen.len(), 3, "{unseen:?}");
    }
}
