//! Steps about governed objects and their fields.

use domain::command::Command;
use domain::object::{Field, Object};

use super::agenda::{Agenda, Phase};
use super::{Context, step};

pub(super) fn steps(context: &Context<'_>, agenda: &mut Agenda) {
    let Some(objects) = &context.document.objects else { return };
    let defined = objects.iter().filter_map(|(name, entry)| {
        let field = |(name, title): (&_, &String)| (Clone::clone(name), Field { title: title.clone() });
        let fields = entry.fields.iter().map(field).collect();
        let object = Object { name: name.clone(), title: entry.title.clone(), fields };
        let says = match context.state.objects.get(name) {
            Some(known) if *known == object => return None,
            Some(known) => {
                let is_new = |field: &&_| !known.fields.contains_key(*field);
                let is_gone = |field: &&_| !object.fields.contains_key(*field);
                let new = object.fields.keys().filter(is_new).map(|field| format!("+{field}"));
                let gone = known.fields.keys().filter(is_gone).map(|field| format!("-{field}"));
                let fields: Vec<String> = new.chain(gone).collect();
                match fields.is_empty() {
                    true => format!("rename the object {name}, or fields of it"),
                    false => format!("change the object {name}: {}", fields.join(" ")),
                }
            }
            None => format!("govern the object {name}"),
        };
        Some(step(&["objects", name.as_str()], says, Command::DefineObject(Box::new(object))))
    });
    let gone = context.state.objects.keys().filter(|name| !objects.contains_key(*name));
    let removed = gone.map(|name| {
        let says = format!("govern the object {name} no longer, and drop what roles say about it");
        step(&["objects"], says, Command::RemoveObject { object: name.clone() })
    });
    agenda.add(Phase::DefineObjects, defined);
    agenda.add(Phase::EndObjects, removed);
}
