//! casbin as a contestant: plain role-based rules, the cheapest comparison first.

use casbin::{CoreApi, DefaultModel, Enforcer, MemoryAdapter, MgmtApi};

use super::questions::Questions;
use crate::company::Company;
use crate::stopwatch::Contestant;
use crate::{Fault, runtime};

const MODEL: &str = "
[request_definition]
r = sub, obj
[policy_definition]
p = sub, obj
[role_definition]
g = _, _
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = r.obj == p.obj && g(r.sub, p.sub)
";

/// What casbin knows, and what it is asked: a member and an integration, found by the caller from the tool.
pub(crate) struct Casbin {
    enforcer: Enforcer,
    asked: Vec<(String, String)>,
    batches: usize,
}

impl Casbin {
    /// One rule for each integration that comes with a job.
    pub(crate) fn new(company: &Company, questions: &Questions) -> Result<Casbin, Fault> {
        let mut rules = Vec::new();
        for (job, services) in company.jobs.iter().enumerate() {
            rules.extend(services.iter().map(|service| vec![job_name(job), company.services[*service].slug.clone()]));
        }
        let batches = (20_000 / rules.len()).clamp(10, 400);
        let people = company.members.iter().filter(|member| !member.uses_everything);
        let people = people.map(|member| vec![member.person.to_string(), job_name(member.job)]);
        let people = people.collect();
        let enforcer = runtime()?.block_on(async {
            let model = DefaultModel::from_str(MODEL).await?;
            let mut enforcer = Enforcer::new(model, MemoryAdapter::default()).await?;
            enforcer.add_policies(rules).await?;
            enforcer.add_grouping_policies(people).await?;
            Ok::<_, casbin::Error>(enforcer)
        });
        let enforcer = enforcer.map_err(|error| Fault::of("casbin's rules", &error))?;
        let asked = questions.asked.iter().map(|asked| {
            (company.members[asked.member].person.to_string(), company.services[asked.service].slug.clone())
        });
        Ok(Casbin { enforcer, asked: asked.collect(), batches })
    }

    pub(crate) fn contestant(&self) -> Contestant<'_> {
        let answer = move |range: std::ops::Range<usize>| {
            let allowed = |(person, integration): &&(String, String)| {
                // An engine that fails has not allowed anything.
                self.enforcer.enforce((person.as_str(), integration.as_str())).unwrap_or(false)
            };
            self.asked[range].iter().filter(allowed).count()
        };
        Contestant {
            name: "casbin, one rule each".to_owned(),
            batch: 1,
            batches: self.batches,
            answer: Box::new(answer),
        }
    }
}

fn job_name(job: usize) -> String {
    format!("job-{job}")
}
