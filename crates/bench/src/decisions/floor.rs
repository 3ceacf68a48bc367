//! What the plainest imaginable answer costs on this machine: two hash maps from names to numbers, and a matrix with
//! a bit for each member and tool. It knows no reason, no profile and no end, and any change means filling it anew.

use foldhash::fast::FixedState;
use hashbrown::HashMap;
use verdict::Snapshot;

use super::questions::Questions;
use crate::company::{Company, NOW};
use crate::stopwatch::Contestant;

type Names<'c, V> = HashMap<&'c str, V, FixedState>;

/// The matrix and the names of its rows and columns.
pub(crate) struct Floor<'c> {
    members: Names<'c, usize>,
    tools: Names<'c, Names<'c, usize>>,
    columns: usize,
    bits: Vec<u64>,
}

impl<'c> Floor<'c> {
    /// Fills the matrix with the engine's own answers.
    pub(crate) fn new(company: &'c Company, snapshot: &Snapshot) -> Floor<'c> {
        let columns: usize = company.services.iter().map(|service| service.tools.len()).sum();
        let mut bits = vec![0u64; (company.members.len() * columns).div_ceil(64)];
        let (mut members, mut tools) = (Names::default(), Names::<Names<usize>>::default());
        for (row, member) in company.members.iter().enumerate() {
            members.insert(member.person.as_str(), row);
            let all = company.services.iter().flat_map(|service| service.tools.iter().map(move |tool| (service, tool)));
            for (column, (service, (tool, _))) in all.enumerate() {
                if snapshot.may_call(member.person.as_str(), &service.slug, tool, NOW) {
                    bits[(row * columns + column) / 64] |= 1 << ((row * columns + column) % 64);
                }
            }
        }
        let mut column = 0;
        for service in &company.services {
            let of_service = tools.entry(service.slug.as_str()).or_default();
            for (tool, _) in &service.tools {
                of_service.insert(tool.as_str(), column);
                column += 1;
            }
        }
        Floor { members, tools, columns, bits }
    }

    pub(crate) fn contestant<'f>(&'f self, questions: &'f Questions) -> Contestant<'f> {
        let answer = move |range: std::ops::Range<usize>| {
            let allowed = questions.texts(range).filter(|text| {
                let row = self.members.get(text.subject);
                let column = self.tools.get(text.integration).and_then(|tools| tools.get(text.tool));
                row.zip(column).is_some_and(|(row, column)| {
                    let place = row * self.columns + column;
                    self.bits[place / 64] >> (place % 64) & 1 == 1
                })
            });
            allowed.count()
        };
        Contestant {
            name: "floor: hash maps and a bit matrix".to_owned(),
            batch: 32,
            batches: 2_048,
            answer: Box::new(answer),
        }
    }
}
