//! The pages: one a preset, and a page that lists them.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use domain::preset::Preset;

use crate::company::{Company, presets, root};
use crate::tables;

fn page(preset: &Preset) -> String {
    let company = Company::of(preset);
    let mut page = format!("# Who may do what: {}\n\n{}.\n\n", preset.title, preset.description);
    page.push_str(
        "Every cell was asked of the engine that decides in the product. This page is written by a test and compared by \
         it on every run: it cannot be out of date, and a change of anybody's rights shows as a change of this page.\n\n\
         \"Yes\" says that the role is enough. Rules of the organization come on top: the last person in the top role \
         can neither be removed nor given a smaller one.\n\n",
    );
    tables::roles(&mut page, &company);
    tables::permissions(&mut page, &company);
    tables::newcomers(&mut page, &company);
    tables::on_whom(&mut page, &company);
    tables::in_teams(&mut page, &company);
    tables::resources(&mut page, &company);
    tables::tools(&mut page, &company);
    page
}

fn index(presets: &[Preset]) -> String {
    let mut page = "# Who may do what\n\n\
        An organization begins as a preset has it; from then on its settings and roles are its own. One page a preset, \
        each cell of which was asked of the engine:\n\n"
        .to_owned();
    for preset in presets {
        writeln!(page, "- [{}](access/{}.md): {}", preset.title, preset.name, preset.description).unwrap();
    }
    page
}

#[test]
fn the_pages_say_what_the_engine_does() {
    let (presets, folder) = (presets(), root().join("docs/access"));
    let pages = presets.iter().map(|preset| (folder.join(format!("{}.md", preset.name)), page(preset)));
    let mut pages: Vec<_> = pages.collect();
    pages.push((root().join("docs/access-table.md"), index(&presets)));
    #[expect(clippy::disallowed_methods, reason = "whether to write the pages is asked of this test alone")]
    let generates = std::env::var_os("WARDROOM_GEN").is_some();
    for (path, page) in &pages {
        if generates {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(path, page).unwrap();
        }
        let written = std::fs::read_to_string(path).unwrap_or_default();
        if written != *page {
            panic!("{} is out of date; WARDROOM_GEN=1 cargo test -p verdict --test access writes it", path.display());
        }
    }
    let known: BTreeSet<_> = pages.iter().map(|(path, _)| path.clone()).collect();
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        assert!(known.contains(&path), "{} is about no preset; remove it", path.display());
    }
}
