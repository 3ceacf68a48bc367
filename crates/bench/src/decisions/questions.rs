//! Questions drawn before anything is timed.

use std::ops::Range;

use crate::company::Company;
use crate::draw::Draw;

/// One question, as places in the company.
#[derive(Clone, Copy)]
pub(crate) struct Asked {
    pub(crate) member: usize,
    pub(crate) service: usize,
    pub(crate) tool: usize,
}

/// The text of one question.
#[derive(Clone, Copy)]
pub(crate) struct Text<'q> {
    pub(crate) subject: &'q str,
    pub(crate) integration: &'q str,
    pub(crate) tool: &'q str,
}

/// Questions over the whole company. Their text stands in one piece in the order of asking, as a request's text is
/// at hand when it is judged: what is timed is the engine, not the fetching of the questions.
pub(crate) struct Questions {
    pub(crate) asked: Vec<Asked>,
    text: String,
    ends: Vec<[u32; 3]>,
}

impl Questions {
    /// Draws so many: any member, any tool; of three questions two are about an integration that the member has.
    pub(crate) fn draw(company: &Company, many: usize) -> Questions {
        let mut draw = Draw::new(11);
        let mut questions =
            Questions { asked: Vec::with_capacity(many), text: String::new(), ends: Vec::with_capacity(many) };
        for _ in 0..many {
            // The owner, who uses everything, is left out where rules are counted: the others need a rule more for them.
            let first = usize::from(!company.jobs.is_empty());
            let member = first + draw.below(company.members.len() - first);
            let given = &company.members[member].given;
            let service = if given.is_empty() || draw.one_in(3) {
                draw.below(company.services.len())
            } else {
                given[draw.below(given.len())].integration
            };
            let tool = draw.below(company.services[service].tools.len());
            questions.push(company, Asked { member, service, tool });
        }
        questions
    }

    fn push(&mut self, company: &Company, asked: Asked) {
        let service = &company.services[asked.service];
        let parts = [company.members[asked.member].person.as_str(), &service.slug, &service.tools[asked.tool].0];
        self.ends.push(parts.map(|part| {
            self.text.push_str(part);
            self.text.len() as u32
        }));
        self.asked.push(asked);
    }

    /// The questions of a range.
    pub(crate) fn texts(&self, range: Range<usize>) -> impl Iterator<Item = Text<'_>> {
        let mut at = range.start.checked_sub(1).map_or(0, |before| self.ends[before][2] as usize);
        self.ends[range].iter().map(move |[subject, integration, tool]| {
            let (subject, integration, tool) = (*subject as usize, *integration as usize, *tool as usize);
            let text = Text {
                subject: &self.text[at..subject],
                integration: &self.text[subject..integration],
                tool: &self.text[integration..tool],
            };
            at = tool;
            text
        })
    }
}
