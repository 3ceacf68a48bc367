//! Builds the recorder that is loaded into the executable under test, and the MCP server that it runs as a process. Both run
//! on Linux alone; elsewhere nothing is built, and the tests that need them are not compiled.

use std::path::PathBuf;
use std::process::Command;

const SOURCE: &str = "src/power/recorder.c";
const SERVER: &str = "src/stdio/server.rs";

#[expect(clippy::disallowed_methods, reason = "cargo tells a build script where to build through the environment")]
fn main() {
    println!("cargo::rerun-if-changed={SOURCE}");
    println!("cargo::rerun-if-changed={SERVER}");
    println!("cargo::rerun-if-changed=src/stdio/tools.in");
    println!("cargo::rerun-if-env-changed=CC");
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() != Ok("linux") {
        return;
    }
    let folder = PathBuf::from(std::env::var("OUT_DIR").expect("cargo names a folder"));
    let rustc = std::env::var("RUSTC").expect("cargo names the compiler");
    let built = Command::new(rustc)
        .args(["--edition=2024", "-Dwarnings", "-o"])
        .arg(folder.join("stdio-server"))
        .arg(SERVER)
        .status();
    assert!(built.is_ok_and(|status| status.success()), "{SERVER} could not be built");
    let library = folder.join("recorder.so");
    let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".to_owned());
    let built = Command::new(&compiler)
        .args(["-shared", "-fPIC", "-O2", "-Wall", "-Wextra", "-Werror", "-pthread", "-o"])
        .arg(&library)
        .args([SOURCE, "-ldl"])
        .status();
    match built {
        Ok(status) if status.success() => {}
        Ok(status) => panic!("{compiler} could not build {SOURCE}: {status}"),
        Err(fault) => panic!("{compiler} cannot be run: {fault}; install a C compiler, or name one in CC"),
    }
}
