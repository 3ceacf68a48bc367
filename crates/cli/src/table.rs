//! Plain aligned tables: two spaces between columns, the last one as long as it likes, no lines and no colours.

use std::fmt;

/// A table for people.
pub(crate) struct Table {
    headers: Vec<&'static str>,
    widths: Vec<usize>,
    rows: Vec<Vec<String>>,
    is_headed: bool,
}

impl Table {
    /// An empty table with these column names.
    pub(crate) fn new(headers: &[&'static str]) -> Table {
        let widths = headers.iter().map(|header| header.chars().count()).collect();
        Table { headers: headers.to_vec(), widths, rows: Vec::new(), is_headed: true }
    }

    /// Columns at least this wide and no header line: for rows that come one after the other.
    pub(crate) fn continuing(headers: &[&'static str], widths: &[usize]) -> Table {
        Table { headers: headers.to_vec(), widths: widths.to_vec(), rows: Vec::new(), is_headed: false }
    }

    /// Adds a row; it has as many cells as there are columns.
    pub(crate) fn row<const CELLS: usize>(&mut self, cells: [String; CELLS]) {
        debug_assert_eq!(CELLS, self.headers.len());
        for (width, cell) in self.widths.iter_mut().zip(&cells) {
            *width = (*width).max(cell.chars().count());
        }
        self.rows.push(cells.into());
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.rows.is_empty() {
            return if self.is_headed { writeln!(f, "none") } else { Ok(()) };
        }
        if self.is_headed {
            write_line(f, &self.widths, self.headers.iter().copied())?;
        }
        self.rows.iter().try_for_each(|row| write_line(f, &self.widths, row.iter().map(String::as_str)))
    }
}

fn write_line<'a>(f: &mut fmt::Formatter<'_>, widths: &[usize], cells: impl Iterator<Item = &'a str>) -> fmt::Result {
    let padded: Vec<String> = cells.zip(widths).map(|(cell, &width)| format!("{cell:width$}")).collect();
    writeln!(f, "{}", padded.join("  ").trim_end())
}

/// A list of labelled facts about one thing; labels are aligned.
pub(crate) fn facts(pairs: &[(&str, String)]) -> String {
    let width = pairs.iter().map(|(label, _)| label.chars().count()).max().unwrap_or(0);
    pairs.iter().map(|(label, fact)| format!("{label:width$}  {fact}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell_and_lines_end_without_spaces() {
        let mut table = Table::new(&["NAME", "ROLE"]);
        table.row(["Ada Example".into(), "owner".into()]);
        table.row(["Bé".into(), String::new()]);
        assert_eq!(table.to_string(), "NAME         ROLE\nAda Example  owner\nBé\n");
    }

    #[test]
    fn an_empty_table_says_so() {
        assert_eq!(Table::new(&["NAME"]).to_string(), "none\n");
        assert_eq!(Table::continuing(&["NAME"], &[3]).to_string(), "");
    }
}
