//! The commands that the executable adds to those of the command line client.

use std::path::PathBuf;

use clap::{Arg, ArgAction, Command, value_parser};

use crate::settings;

/// The whole command line.
pub(crate) fn command() -> Command {
    cli::command()
        .version(env!("CARGO_PKG_VERSION"))
        .subcommand(serve())
        .subcommand(demo())
        .subcommand(init())
        .subcommand(recover())
        .subcommand(link())
        .subcommand(internal())
        .mut_subcommand("audit", |audit| audit.subcommand(verify()))
        .mut_subcommand("doctor", |doctor| {
            let folder =
                data().help("Examine a server's settings and files in this data folder, instead of the way to it");
            doctor.arg(folder).arg(config().hide(true)).args(settings::flags().map(|flag| flag.hide(true)))
        })
}

fn data() -> Arg {
    Arg::new("data")
        .long("data")
        .value_name("DIR")
        .value_parser(value_parser!(PathBuf))
        .help("Folder that holds the databases and the master keys")
}

fn config() -> Arg {
    Arg::new("config")
        .long("config")
        .value_name("FILE")
        .value_parser(value_parser!(PathBuf))
        .help("Settings file; without it, wardroom.toml in the data folder where there is one")
}

fn json() -> Arg {
    Arg::new("json").long("json").action(ArgAction::SetTrue).help("Print JSON for programs")
}

fn serve() -> Command {
    Command::new("serve")
        .about("Serve the organizations of a data folder until asked to stop")
        .arg(data().required(true))
        .arg(config())
        .args(settings::flags())
}

fn demo() -> Command {
    Command::new("demo")
        .about("Start a demo company with look-alike integrations, all in one process")
        .arg(data().help("Folder for the demo's data; without it, a new one below the system's temporary folder"))
        .arg(config())
        .args(settings::flags())
}

fn init() -> Command {
    let text = |name: &'static str, help: &'static str| Arg::new(name).long(name).value_name("TEXT").help(help);
    Command::new("init")
        .about("Found an organization in a data folder and print its first owner's key")
        .arg(data().required(true))
        .arg(text("org", "Name of the organization").required(true))
        .arg(text("owner", "E-mail address of the first owner").required(true))
        .arg(text("owner-name", "Name of the first owner; without it, what stands before the @"))
        .arg(text("slug", "Short name in URLs; without it, made from the name"))
        .arg(config())
        .args(public_url())
        .arg(text("preset", "Roles and settings to start with; without it, balanced"))
        .arg(master_key_file("File with the master keys; without it, master.key in the data folder, made if missing"))
        .arg(json())
}

fn recover() -> Command {
    let text = |name: &'static str, help: &'static str| Arg::new(name).long(name).value_name("TEXT").help(help);
    Command::new("recover")
        .about("Give a holder of an organization's top role a new key or link, or sign everybody out, while no server runs on the data folder")
        .arg(data().required(true))
        .arg(text("org", "The organization, by its short name or id").required_unless_present("end-sessions"))
        .arg(text("member", "Who is to have it, by e-mail or id; needed where several hold the top role"))
        .arg(Arg::new("link").long("link").action(ArgAction::SetTrue).help("Print a link to sign in, and to add a passkey with, instead of a key"))
        .arg(
            Arg::new("end-sessions")
                .long("end-sessions")
                .action(ArgAction::SetTrue)
                .conflicts_with_all(["org", "member", "link"])
                .help("End all sessions and links of everybody instead, after a copy of the data folder was put back"),
        )
        .arg(config())
        .args(public_url())
        .arg(master_key_file("File with the master keys; without it, master.key in the data folder"))
        .arg(json())
}

fn link() -> Command {
    Command::new("link")
        .about("Make a link by which a member signs in, once, within a day, while no server runs on the data folder")
        .arg(Arg::new("member").value_name("MEMBER").required(true).help("Whom it signs in, by e-mail or id"))
        .arg(Arg::new("lost-passkeys").long("lost-passkeys").action(ArgAction::SetTrue).help(
            "For somebody who has lost their passkeys: with it they add another one, where they are asked for one",
        ))
        .arg(data().required(true))
        .arg(config())
        .args(public_url())
        .arg(master_key_file("File with the master keys; without it, master.key in the data folder"))
        .arg(json())
}

/// The flag of the setting, for commands that print links.
fn public_url() -> impl Iterator<Item = Arg> {
    settings::flags().filter(|flag| flag.get_id() == "public-url")
}

fn master_key_file(help: &'static str) -> Arg {
    Arg::new("master-key-file").long("master-key-file").value_name("FILE").help(help)
}

fn verify() -> Command {
    Command::new("verify")
        .about(
            "Walk the chains of a data folder and name the first broken row of each; ends with 1 where one is broken",
        )
        .arg(data().required(true))
        .arg(json())
}

fn internal() -> Command {
    Command::new("internal")
        .hide(true)
        .about("Print what is generated from this executable's own definitions")
        .subcommand_required(true)
        .subcommand(Command::new("openapi").about("The contract of the management API"))
        .subcommand(Command::new("settings-reference").about("The reference page of the settings"))
        .subcommand(Command::new("settings-sample").about("A settings file with every default"))
}
