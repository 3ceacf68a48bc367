//! The file with the programs that organizations may use as MCP servers. What it says is run as it stands there; so everything
//! in it is checked before anything is served, and what is not understood is refused.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use domain::integration::Slug;
use gateway::{Template, TemplateLimits, Templates};
use serde::Deserialize;

use crate::Fault;

/// Variables by which somebody who may say what they hold has a program run what they like. They are nothing for a secret that
/// an organization gives.
const NOT_FOR_SECRETS: &[&str] = &[
    "PATH",
    "HOME",
    "SHELL",
    "ENV",
    "IFS",
    "TMPDIR",
    "BASH_ENV",
    "NODE_OPTIONS",
    "NODE_PATH",
    "PERL5OPT",
    "PERL5LIB",
    "RUBYOPT",
    "RUBYLIB",
    "JAVA_TOOL_OPTIONS",
    "JDK_JAVA_OPTIONS",
    "CLASSPATH",
    "EDITOR",
    "VISUAL",
    "PAGER",
];
/// The same for all that begins so.
const NOT_FOR_SECRETS_BEGINNING: &[&str] =
    &["LD_", "DYLD_", "PYTHON", "GIT_", "NPM_", "npm_", "UV_", "DOTNET_", "CORECLR_"];

/// A template as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Written {
    purpose: String,
    program: PathBuf,
    #[serde(default)]
    arguments: Vec<String>,
    #[serde(default)]
    environment: BTreeMap<String, String>,
    folder: Option<PathBuf>,
    secret_variable: Option<String>,
    user_id: Option<u32>,
    group_id: Option<u32>,
    memory_mb: Option<u64>,
    files: Option<u64>,
    user_processes: Option<u64>,
    running: Option<usize>,
    idle_s: Option<u64>,
    output_mb: Option<usize>,
}

/// Reads all templates, or says what is wrong with one.
pub(super) fn read_file(file: &Path) -> Result<Templates, Fault> {
    let wrong = |why: String| Fault(format!("the setting templates-file: {} {why}", file.display()));
    let text = std::fs::read_to_string(file).map_err(|error| wrong(format!("cannot be read: {error}")))?;
    only_for_the_operator(file).map_err(wrong)?;
    let written: BTreeMap<String, Written> =
        toml::from_str(&text).map_err(|error| wrong(format!("is not understood: {}", error.to_string().trim_end())))?;
    let read = written.into_iter().map(|(name, written)| {
        template(&name, written).map_err(|why| wrong(format!("is wrong about the template {name}: {why}")))
    });
    read.collect()
}

fn template(name: &str, written: Written) -> Result<Template, String> {
    let name = Slug::parse(name).map_err(|fault| format!("its name cannot be used; {fault}"))?;
    let there = |what: &str, path: &Path, is_it: fn(&std::fs::Metadata) -> bool| {
        if !path.is_absolute() {
            return Err(format!("{what} has to be a whole path, from the root of the file system"));
        }
        match std::fs::metadata(path) {
            Ok(found) if is_it(&found) => Ok(()),
            Ok(_) => Err(format!("{what} is none: {}", path.display())),
            Err(error) => Err(format!("{what} {} cannot be found: {error}", path.display())),
        }
    };
    there("program", &written.program, std::fs::Metadata::is_file)?;
    let folder = written.folder.unwrap_or_else(|| PathBuf::from("/"));
    there("folder", &folder, std::fs::Metadata::is_dir)?;
    let whole = |text: &String| !text.contains('\0');
    if !written.arguments.iter().all(whole) || !written.environment.values().all(whole) {
        return Err("arguments and variables hold no zero bytes".to_owned());
    }
    if let Some(variable) = written.environment.keys().find(|variable| !is_variable(variable)) {
        return Err(format!("environment: `{variable}` is not the name of a variable"));
    }
    if let Some(variable) = &written.secret_variable {
        let reaches_far = NOT_FOR_SECRETS.contains(&variable.as_str())
            || NOT_FOR_SECRETS_BEGINNING.iter().any(|beginning| variable.starts_with(beginning));
        if !is_variable(variable) || reaches_far || written.environment.contains_key(variable) {
            return Err(format!(
                "secret-variable: `{variable}` has to be the name of a variable that is for a secret alone, and not among \
                 those of environment"
            ));
        }
    }
    let runs_as = match (written.user_id, written.group_id) {
        (None, None) => None,
        (Some(user), Some(group)) => Some((user, group)),
        _ => return Err("user-id and group-id: set both, or neither".to_owned()),
    };
    let usual = TemplateLimits::default();
    let some = |name: &str, given: Option<u64>, usual: u64| match given {
        Some(0) => Err(format!("{name} has to be at least 1")),
        given => Ok(given.unwrap_or(usual)),
    };
    let many = |name: &str, given: Option<usize>, usual: usize| {
        some(name, given.map(|given| given as u64), usual as u64)
            .map(|many| usize::try_from(many).unwrap_or(usize::MAX))
    };
    let limits = TemplateLimits {
        memory_bytes_max: some("memory-mb", written.memory_mb, usual.memory_bytes_max >> 20)?.saturating_mul(1 << 20),
        files_max: some("files", written.files, usual.files_max)?,
        user_processes_max: written.user_processes.map(|most| some("user-processes", Some(most), 1)).transpose()?,
        running_max: many("running", written.running, usual.running_max)?,
        idle_ms_max: some("idle-s", written.idle_s, usual.idle_ms_max / 1_000)?.saturating_mul(1_000),
        output_bytes_max: many("output-mb", written.output_mb, usual.output_bytes_max >> 20)?.saturating_mul(1 << 20),
    };
    Ok(Template {
        name,
        purpose: written.purpose,
        program: written.program,
        arguments: written.arguments,
        environment: written.environment,
        folder,
        secret_variable: written.secret_variable,
        runs_as,
        limits,
    })
}

fn is_variable(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|first: char| first.is_ascii_digit())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Whoever may change the file says what is run here.
#[cfg(unix)]
fn only_for_the_operator(file: &Path) -> Result<(), String> {
    use std::os::unix::fs::PermissionsExt as _;
    let found = std::fs::metadata(file).map_err(|error| format!("cannot be looked at: {error}"))?;
    if found.permissions().mode() & 0o002 == 0 {
        return Ok(());
    }
    Err("can be changed by everybody on this machine; take that away with chmod o-w".to_owned())
}

#[cfg(not(unix))]
fn only_for_the_operator(_: &Path) -> Result<(), String> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Templates, String> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("templates.toml");
        std::fs::write(&file, text).unwrap();
        read_file(&file).map_err(|fault| fault.to_string())
    }

    #[test]
    fn a_template_is_read_with_all_that_it_says_and_bounded_in_all_that_it_does_not_say() {
        let read = read(
            r#"
            [files]
            purpose = "The files of the team"
            program = "/bin/sh"
            arguments = ["-e", "a b; c"]
            environment = { TOKEN_KIND = "x" }
            folder = "/tmp"
            secret-variable = "FILES_TOKEN"
            memory-mb = 512
            idle-s = 30
            [plain]
            purpose = "Nothing more"
            program = "/bin/sh"
            "#,
        );
        let read = read.unwrap();
        let files = read.get("files").unwrap();
        assert_eq!(
            (files.arguments.as_slice(), files.folder.as_path()),
            (&["-e".to_owned(), "a b; c".to_owned()][..], Path::new("/tmp"))
        );
        assert_eq!(files.secret_variable.as_deref(), Some("FILES_TOKEN"));
        assert_eq!((files.limits.memory_bytes_max, files.limits.idle_ms_max), (512 << 20, 30_000));
        let plain = read.get("plain").unwrap();
        assert!(plain.arguments.is_empty() && plain.environment.is_empty() && plain.secret_variable.is_none());
        assert_eq!((plain.folder.as_path(), &plain.limits), (Path::new("/"), &TemplateLimits::default()));
        assert!(read.get("Files").is_none() && read.get("").is_none());
    }

    #[test]
    fn what_is_wrong_with_a_template_is_said_and_nothing_of_the_file_is_used() {
        let of = |more: &str| format!("[git]\npurpose = \"p\"\n{more}");
        for (text, said) in [
            (of("program = \"git\""), "template git: program has to be a whole path"),
            (of("program = \"/nowhere/git\""), "template git: program /nowhere/git cannot be found"),
            (of("program = \"/tmp\""), "template git: program is none"),
            (of("program = \"/bin/sh\"\nfolder = \"/bin/sh\""), "template git: folder is none"),
            (of("program = \"/bin/sh\"\ncommand = \"x\""), "unknown field `command`"),
            (of("program = \"/bin/sh\"\nsecret-variable = \"LD_PRELOAD\""), "secret-variable: `LD_PRELOAD`"),
            (of("program = \"/bin/sh\"\nsecret-variable = \"A=B\""), "secret-variable: `A=B`"),
            (of("program = \"/bin/sh\"\nsecret-variable = \"A\"\nenvironment = { A = \"1\" }"), "secret-variable: `A`"),
            (of("program = \"/bin/sh\"\nenvironment = { \"A B\" = \"1\" }"), "environment: `A B`"),
            (of("program = \"/bin/sh\"\nuser-id = 5"), "user-id and group-id"),
            (of("program = \"/bin/sh\"\nmemory-mb = 0"), "memory-mb has to be at least 1"),
            ("[Git]\npurpose = \"p\"\nprogram = \"/bin/sh\"".to_owned(), "template Git: its name cannot be used"),
            ("[git]\nprogram = \"/bin/sh\"".to_owned(), "missing field `purpose`"),
            ("[git".to_owned(), "is not understood"),
        ] {
            let fault = read(&text).unwrap_err();
            assert!(fault.contains(said), "{text}: {fault}");
            assert!(fault.starts_with("the setting templates-file: "), "{fault}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_everybody_may_change_is_not_read() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("templates.toml");
        std::fs::write(&file, "").unwrap();
        assert_eq!(read_file(&file).unwrap(), Templates::default());
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o666)).unwrap();
        assert!(read_file(&file).unwrap_err().to_string().contains("chmod o-w"));
    }
}
