//! Changes about which the question itself depends on the state, such as what a role comes to once one word is added.

use std::sync::atomic::{AtomicBool, Ordering};

use domain::command::Command;
use domain::event::Event;
use domain::organization::Organization;
use verdict::Operation;

use crate::authentication::Caller;
use crate::change::Along;
use crate::{App, Problem};

/// How often a plan is made anew before a change gives up against others.
const PLANS_MAX: u32 = 8;

impl App {
    /// Makes a change as planned. What is made of the state beforehand is what is authorized; it must still be what is
    /// made of the very state that the command is handled on, or the plan is made anew.
    pub(crate) async fn change_as_planned<P: PartialEq>(
        &self,
        caller: &Caller,
        plan: impl Fn(&Organization) -> Result<P, Problem>,
        operation: impl Fn(&P) -> Operation<'_>,
        command: impl Fn(&P) -> Command,
    ) -> Result<Vec<Event>, Problem> {
        let busy = || Problem::Unavailable { message: "others are changing this organization; try again".to_owned() };
        for _ in 0..PLANS_MAX {
            let planned = plan(&*caller.live.state.lock().await)?;
            let moved = AtomicBool::new(false);
            // INVARIANT: nothing is done that was not asked about; held by
            // `a_plan_that_others_have_overtaken_is_made_and_authorized_anew`.
            let as_planned = |state: &Organization| {
                if plan(state)? == planned {
                    return Ok(command(&planned));
                }
                moved.store(true, Ordering::Relaxed);
                Err(busy())
            };
            match self.change(caller, operation(&planned), as_planned, Along::default()).await {
                Err(_) if moved.load(Ordering::Relaxed) => {}
                done => return done,
            }
        }
        Err(busy())
    }
}
