//! What the operator lets be run: programs with fixed arguments, by name. Nothing that anybody else says becomes part of a
//! command; an organization names a template, and gives at most the value of the one variable that the template leaves open.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use domain::integration::Slug;

/// A program that the operator lets organizations use as an MCP server over its standard input and output.
#[derive(Clone, PartialEq, Eq)]
pub struct Template {
    /// By what it is called.
    pub name: Slug,
    /// What it is for, for whoever chooses among templates.
    pub purpose: String,
    /// The whole path of the program.
    pub program: PathBuf,
    /// All its arguments, as they are.
    pub arguments: Vec<String>,
    /// All its environment, besides the secret.
    pub environment: BTreeMap<String, String>,
    /// In which folder it runs.
    pub folder: PathBuf,
    /// The variable in which it is given the integration's secret; none where it takes none.
    pub secret_variable: Option<String>,
    /// As which user and group it runs, where not as Wardroom's own.
    pub runs_as: Option<(u32, u32)>,
    /// How much it may take.
    pub limits: TemplateLimits,
}

/// How much the processes of a template may take.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TemplateLimits {
    /// Bytes of memory of its own that a process may have (`RLIMIT_DATA`). What is only reserved does not count.
    pub memory_bytes_max: u64,
    /// Files and connections that a process may have open (`RLIMIT_NOFILE`).
    pub files_max: u64,
    /// Processes and threads of the user as whom it runs (`RLIMIT_NPROC`), whoever started them; none where that is left open.
    pub user_processes_max: Option<u64>,
    /// Processes that run by this template for one integration at the same time.
    pub running_max: usize,
    /// Milliseconds after which a process that nobody uses ends.
    pub idle_ms_max: u64,
    /// Bytes of all that a process writes in answer to one call, and of what it writes that belongs to none.
    pub output_bytes_max: usize,
}

impl Default for TemplateLimits {
    fn default() -> Self {
        Self {
            memory_bytes_max: 2 << 30,
            files_max: 1_024,
            user_processes_max: None,
            running_max: 16,
            idle_ms_max: 5 * 60_000,
            output_bytes_max: 64 << 20,
        }
    }
}

/// Without what may be the operator's secret: the environment and the arguments.
impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Template").field("name", &self.name).field("program", &self.program).finish_non_exhaustive()
    }
}

/// Every template of an installation; none where the operator wrote none.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Templates(BTreeMap<Slug, Arc<Template>>);

impl Templates {
    /// The one of exactly this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Arc<Template>> {
        self.0.get(name)
    }

    /// All, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Template> {
        self.0.values().map(Arc::as_ref)
    }
}

impl FromIterator<Template> for Templates {
    fn from_iter<T: IntoIterator<Item = Template>>(templates: T) -> Templates {
        Templates(templates.into_iter().map(|template| (template.name.clone(), Arc::new(template))).collect())
    }
}
