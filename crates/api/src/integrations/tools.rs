//! Endpoints: the tools of integrations, what upstreams change about them, and its approval.

use std::collections::BTreeMap;

use app::App;
use app::integrations::{ChangeKind, PieceKind, ToolView};
use axum::Json;
use axum::extract::{Path, State};
use domain::integration::{ClassSource, Clue, ClueFrom, ToolClass};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Integration, integration};
use crate::extract::{Body, NoBody, Signed};
use crate::problem::{Failure, Problems};

/// A tool.
#[derive(Serialize, ToSchema)]
pub(crate) struct Tool {
    /// Its name at the integration.
    name: String,
    /// Its name at the organization's one URL.
    exposed: String,
    /// The same as it can be shown, where something in it does not show.
    #[serde(skip_serializing_if = "Option::is_none")]
    shown: Option<String>,
    /// What it does, in the upstream's words, with what shows as nothing written out, such as `\\u{202e}`.
    description: String,
    /// What in its definition shows as nothing or turns other text around, written out.
    unseen: Vec<String>,
    /// `read`, `write`, `delete` or `unclassified`, which counts as delete.
    #[schema(value_type = String)]
    class: ToolClass,
    /// Who decided: `evidence`, `review`, or `changed` where a person decided about an earlier definition.
    #[schema(value_type = String)]
    class_source: ClassSource,
    /// The likeliest class, where nobody is sure.
    #[schema(value_type = String)]
    suggested: ToolClass,
    /// What in its definition speaks for a class; only for those who may see all integrations.
    #[serde(skip_serializing_if = "Option::is_none")]
    evidence: Option<Vec<ClassClue>>,
    /// Whether somebody has to look at it.
    needs_review: bool,
    /// Whether it is switched off for everyone.
    off: bool,
    /// The hash of its definition as it was approved.
    hash: String,
    /// In which way its server lists it otherwise than it was approved: `changed`, `unsound` or `gone`.
    #[serde(skip_serializing_if = "Option::is_none")]
    change: Option<&'static str>,
    /// Whether nobody uses it because of that.
    held_back: bool,
}

/// Something in a tool's definition that speaks for a class.
#[derive(Serialize, ToSchema)]
pub(crate) struct ClassClue {
    /// Where it stands: `annotation`, `name`, `description` or `schema`.
    from: &'static str,
    /// The class that it speaks for.
    #[schema(value_type = String)]
    says: ToolClass,
    /// What stands there.
    words: String,
}

fn clues(clues: Vec<Clue>) -> Vec<ClassClue> {
    let clue = |clue: Clue| ClassClue { from: ClueFrom::as_str(clue.from), says: clue.says, words: clue.words };
    clues.into_iter().map(clue).collect()
}

/// A part of a definition that is not as it was approved.
#[derive(Serialize, ToSchema)]
pub(crate) struct PartDifference {
    /// Which part: a member of the definition, such as `description` or `inputSchema`.
    part: String,
    /// Its text, old and new together, with what shows as nothing written out.
    pieces: Vec<TextPiece>,
}

/// A piece of text.
#[derive(Serialize, ToSchema)]
pub(crate) struct TextPiece {
    /// `same` in both, `removed` where only the approved definition has it, `added` where only the new one has.
    kind: &'static str,
    /// The text.
    text: String,
}

impl From<app::integrations::Difference> for PartDifference {
    fn from(difference: app::integrations::Difference) -> PartDifference {
        let pieces = difference.pieces.into_iter();
        let pieces = pieces.map(|piece| TextPiece { kind: PieceKind::as_str(piece.kind), text: piece.text });
        PartDifference { part: difference.part, pieces: pieces.collect() }
    }
}

/// A tool that is not as it was approved.
#[derive(Serialize, ToSchema)]
pub(crate) struct ToolChange {
    /// Its name at the integration.
    tool: String,
    /// The same as it can be shown, where something in it does not show.
    #[serde(skip_serializing_if = "Option::is_none")]
    shown: Option<String>,
    /// `new` where it was never approved, `changed`, `unsound` where it must not be offered as its server defines it, or `gone`
    /// where it is not listed any more.
    kind: &'static str,
    /// What an approval names, so that it is good for what was seen: the hash of the definition, or `gone`.
    #[serde(skip_serializing_if = "Option::is_none")]
    seen: Option<String>,
    /// What is wrong with its definition, where it must not be offered.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    /// The class that it has when it is approved.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    class: Option<ToolClass>,
    /// What in the new definition speaks for a class.
    evidence: Vec<ClassClue>,
    /// What in the new definition shows as nothing or turns other text around, written out.
    unseen: Vec<String>,
    /// The parts that are not as they were approved, word by word; left out where the answer has no room for them: decide about
    /// the others first.
    #[serde(skip_serializing_if = "Option::is_none")]
    differences: Option<Vec<PartDifference>>,
}

impl From<app::integrations::ToolChange> for ToolChange {
    fn from(change: app::integrations::ToolChange) -> ToolChange {
        ToolChange {
            tool: change.tool,
            shown: change.shown,
            kind: change.kind.as_str(),
            seen: change.seen,
            why: change.why,
            class: change.class,
            evidence: clues(change.evidence),
            unseen: change.unseen,
            differences: change.differences.map(|parts| parts.into_iter().map(PartDifference::from).collect()),
        }
    }
}

impl From<ToolView> for Tool {
    fn from(view: ToolView) -> Tool {
        Tool {
            needs_review: view.needs_review(),
            name: view.name,
            exposed: view.exposed,
            shown: view.shown,
            description: view.description,
            unseen: view.unseen,
            evidence: view.evidence.map(clues),
            class: view.class,
            class_source: view.class_source,
            suggested: view.suggested,
            off: view.off,
            hash: view.hash.to_string(),
            change: view.change.map(ChangeKind::as_str),
            held_back: view.held_back,
        }
    }
}

/// The tools that the caller may know of.
#[derive(Serialize, ToSchema)]
pub(crate) struct Tools {
    items: Vec<Tool>,
    /// What is not as it was approved, tools that are not offered among it; only for those who may see all integrations.
    #[serde(skip_serializing_if = "Option::is_none")]
    changes: Option<Vec<ToolChange>>,
    next: Option<String>,
}

/// Reads the upstream's tools again. A tool that it defines otherwise than it was approved is held back, and used by nobody until
/// somebody approves it; so is a new one. Where the setting `integrations.tool_changes` is `take`, all is taken over.
#[utoipa::path(post, path = "/integrations/{integration}/refresh", tag = "integrations", operation_id = "refresh_integration",
    params(("org" = String, Path, description = "slug or id"), ("integration" = String, Path, description = "slug or id")),
    responses((status = 200, body = Integration), Problems))]
pub(crate) async fn refresh(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String)>,
    _: NoBody,
) -> Result<Json<Integration>, Failure> {
    let (_, name) = path;
    Ok(Json(integration(app.refresh_integration(&caller, &name).await?, true)))
}

/// What is approved.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ToolsToApprove {
    /// The tools by name, each as it was seen: what `seen` of the change says.
    tools: BTreeMap<String, String>,
}

/// Approves what an upstream lists otherwise than it was approved before, each tool as it was seen. One that has changed once more
/// since is refused, and nothing is approved then. What people decided about a tool stands.
#[utoipa::path(post, path = "/integrations/{integration}/approve", tag = "integrations", operation_id = "approve_tools",
    params(("org" = String, Path, description = "slug or id"), ("integration" = String, Path, description = "slug or id")),
    request_body = ToolsToApprove, responses((status = 200, body = Integration), Problems))]
pub(crate) async fn approve(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String)>,
    Body(body): Body<ToolsToApprove>,
) -> Result<Json<Integration>, Failure> {
    let (_, name) = path;
    if body.tools.is_empty() {
        return Err(Failure::bad_field("tools", "name at least one tool, as it was seen"));
    }
    Ok(Json(integration(app.approve_tools(&caller, &name, body.tools).await?, true)))
}

/// The tools of an integration that the caller may know of.
#[utoipa::path(get, path = "/integrations/{integration}/tools", tag = "integrations", operation_id = "list_tools",
    params(("org" = String, Path, description = "slug or id"), ("integration" = String, Path, description = "slug or id")),
    responses((status = 200, body = Tools), Problems))]
pub(crate) async fn list_tools(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String)>,
) -> Result<Json<Tools>, Failure> {
    let (_, name) = path;
    let view = app.show_integration(&caller, &name).await?;
    let changes = view.changes.map(|changes| changes.into_iter().map(ToolChange::from).collect());
    Ok(Json(Tools { items: view.tools.into_iter().map(Tool::from).collect(), changes, next: None }))
}

/// What is decided about a tool.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ToolToReview {
    /// `read`, `write`, `delete` or `unclassified`.
    #[schema(value_type = Option<String>)]
    class: Option<ToolClass>,
    /// Whether it is switched off for everyone.
    off: Option<bool>,
}

/// Decides a tool's class, or switches it off or on for everyone.
#[utoipa::path(patch, path = "/integrations/{integration}/tools/{tool}", tag = "integrations", operation_id = "review_tool",
    params(("org" = String, Path, description = "slug or id"), ("integration" = String, Path, description = "slug or id"),
        ("tool" = String, Path, description = "name at the integration")),
    request_body = ToolToReview, responses((status = 200, body = Tool), Problems))]
pub(crate) async fn review_tool(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String, String)>,
    Body(body): Body<ToolToReview>,
) -> Result<Json<Tool>, Failure> {
    let (_, name, tool) = path;
    if body.class.is_none() && body.off.is_none() {
        return Err(Failure::bad_field("class", "give class or off, or both"));
    }
    Ok(Json(app.review_tool(&caller, (&name, &tool), body.class, body.off).await?.into()))
}
