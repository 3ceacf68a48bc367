//! `wardroom collection`: artifacts in collections. A collection itself is a resource (`wardroom resource`).

use clap::{Args, Subcommand};
use serde_json::json;

use crate::failure::Failure;
use crate::resource::lay_out_list;
use crate::server::Door;
use crate::terminal::Terminal;

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    door: Door,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// What is in a collection, as far as you may see it
    List {
        /// The collection's id
        collection: String,
    },
    /// Put an artifact into a collection
    Add {
        /// The collection's id
        collection: String,
        /// The artifact's id
        artifact: String,
    },
    /// Take an artifact out of a collection
    Remove {
        /// The collection's id
        collection: String,
        /// The artifact's id
        artifact: String,
    },
}

pub(crate) fn run(arguments: &Arguments, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let org = arguments.door.organization(terminal)?;
    match &arguments.verb {
        Verb::List { collection } => {
            let found = org.list(&["resources"], &[("collection", collection.clone())])?;
            terminal.answer(&found, lay_out_list)
        }
        Verb::Add { collection, artifact } => {
            let put = org.put(&["resources", collection, "items", artifact], &json!({}))?;
            terminal.answer(&put, |_| format!("{artifact} is in {collection}\n"))
        }
        Verb::Remove { collection, artifact } => {
            let taken = org.delete(&["resources", collection, "items", artifact])?;
            terminal.answer(&taken, |_| format!("{artifact} is no longer in {collection}\n"))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::fake_server::{FakeServer, outcome};

    #[test]
    fn an_artifact_is_put_into_a_collection_listed_there_and_taken_out() {
        let listed = json!({"items": [{"id": "res_2", "kind": "artifact", "title": "Logo"}], "next": null});
        let server = FakeServer::answering(vec![(204, Value::Null), (200, listed), (204, Value::Null)]);
        let done = outcome(&server, &["collection", "add", "res_1", "res_2", "--org", "north"]);
        assert_eq!((done.code, done.out.as_str()), (0, "res_2 is in res_1\n"), "{}", done.err);
        let path = "/api/v1/orgs/north/resources/res_1/items/res_2";
        assert_eq!((server.request(0).method.as_str(), server.request(0).path.as_str()), ("PUT", path));
        let done = outcome(&server, &["collection", "list", "res_1", "--org", "north"]);
        assert!(done.out.contains("Logo") && server.request(1).path.contains("collection=res_1"), "{}", done.out);
        let done = outcome(&server, &["collection", "remove", "res_1", "res_2", "--org", "north"]);
        assert_eq!((done.code, server.request(2).path.as_str()), (0, path), "{}", done.err);
    }
}
