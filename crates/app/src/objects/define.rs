//! Say what objects and fields there are.

use std::collections::BTreeMap;

use domain::command::Command;
use domain::object::{DataName, Field, Object};
use verdict::Operation;

use super::ObjectView;
use crate::change::Along;
use crate::directory::one_line;
use crate::{App, Caller, Problem};

/// Characters of a title.
const TITLE_LENGTH_MAX: usize = 100;

/// An object to be governed, or what it is to be from now on.
#[derive(Clone, Debug)]
pub struct NewObject {
    /// Its name for people.
    pub title: String,
    /// Its fields, by short name, each with its name for people. Fields that are not named are governed no longer.
    pub fields: BTreeMap<String, String>,
}

impl App {
    /// Defines an object, or replaces its definition.
    ///
    /// # Errors
    /// [`Problem::Denied`] where the role does not hold `data_model.edit`, or where a role is denied something of what goes
    /// that is not open to the caller.
    pub async fn define_object(&self, caller: &Caller, name: &str, new: NewObject) -> Result<ObjectView, Problem> {
        let changes = Operation::EditDataModel { object: None, to: None };
        let _permit = self.permit(&caller.live.snapshot(), &caller.actor, changes).await?;
        let name = DataName::parse(name).map_err(|error| Problem::invalid("object", error.to_string()))?;
        let title = one_line("title", &new.title, TITLE_LENGTH_MAX)?;
        let field = |(name, title): (&String, &String)| -> Result<(DataName, Field), Problem> {
            let name = DataName::parse(name).map_err(|error| Problem::invalid("fields", error.to_string()))?;
            Ok((name, Field { title: one_line("fields", title, TITLE_LENGTH_MAX)? }))
        };
        let fields = new.fields.iter().map(field).collect::<Result<_, _>>()?;
        let object = Object { name: name.clone(), title, fields };
        let operation = Operation::EditDataModel { object: Some(&name), to: Some(&object) };
        let command = |_: &_| Ok(Command::DefineObject(Box::new(object.clone())));
        self.change(caller, operation, command, Along::default()).await?;
        self.show_object(caller, name.as_str()).await
    }

    /// Ends the governing of an object, and with it what roles say about it.
    ///
    /// # Errors
    /// [`Problem::Denied`] where the role does not hold `data_model.edit`, or where a role is denied something of what goes
    /// that is not open to the caller.
    pub async fn remove_object(&self, caller: &Caller, name: &str) -> Result<(), Problem> {
        let changes = Operation::EditDataModel { object: None, to: None };
        let _permit = self.permit(&caller.live.snapshot(), &caller.actor, changes).await?;
        let object = DataName::parse(name).map_err(|_| Problem::missing("object"))?;
        let operation = Operation::EditDataModel { object: Some(&object), to: None };
        let command = |_: &_| Ok(Command::RemoveObject { object: object.clone() });
        self.change(caller, operation, command, Along::default()).await.map(|_| ())
    }
}
