//! Carries inputs to a machine and its outputs into the world.
//!
//! Softphones answer from inside a call and listeners act from inside an event, so everything that
//! comes in is queued, and outputs are acted upon with nothing borrowed.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::time::Duration;

use gloo_timers::callback::Timeout;

use super::clock;
use super::patient::millis;
use crate::time::Instant;

/// A state machine without I/O: hub, tab, channel.
pub(super) trait Machine {
    type Input;
    type Output;

    fn handle_input(&mut self, now: Instant, input: Self::Input);
    fn handle_timeout(&mut self, now: Instant);
    fn poll_output(&mut self) -> Option<Self::Output>;
    fn poll_timeout(&self) -> Option<Instant>;
}

macro_rules! machine {
    ($machine:ty, $input:ty, $output:ty) => {
        impl Machine for $machine {
            type Input = $input;
            type Output = $output;

            fn handle_input(&mut self, now: Instant, input: $input) {
                Self::handle_input(self, now, input);
            }
            fn handle_timeout(&mut self, now: Instant) {
                Self::handle_timeout(self, now);
            }
            fn poll_output(&mut self) -> Option<$output> {
                Self::poll_output(self)
            }
            fn poll_timeout(&self) -> Option<Instant> {
                Self::poll_timeout(self)
            }
        }
    };
}

machine!(crate::hub::Hub, crate::hub::Input, crate::hub::Output);
machine!(crate::tab::Tab, crate::tab::Input, crate::tab::Output);
machine!(
    crate::pull::Channel,
    crate::pull::Input,
    crate::pull::Output
);

/// A machine and what it needs to run: a queue and one timer.
pub(super) struct Engine<M: Machine> {
    machine: RefCell<M>,
    queue: RefCell<VecDeque<M::Input>>,
    running: Cell<bool>,
    timer: RefCell<Option<Timeout>>,
}

impl<M: Machine> Engine<M> {
    pub(super) fn new(machine: M) -> Self {
        Self {
            machine: RefCell::new(machine),
            queue: RefCell::default(),
            running: Cell::default(),
            timer: RefCell::default(),
        }
    }

    /// Looks at the machine.
    pub(super) fn with<T>(&self, look: impl FnOnce(&M) -> T) -> T {
        look(&self.machine.borrow())
    }

    /// Queues what has happened, and handles it unless that is going on already. `act` does what
    /// comes out; `wake` is called when time has come, and calls [`Engine::wake`].
    pub(super) fn push(
        &self,
        input: M::Input,
        act: impl Fn(M::Output),
        wake: impl FnOnce() + 'static,
    ) {
        self.queue.borrow_mut().push_back(input);
        if !self.running.replace(true) {
            self.run(act, wake);
        }
    }

    /// The timer's moment has come.
    pub(super) fn wake(&self, act: impl Fn(M::Output), wake: impl FnOnce() + 'static) {
        // A timer's task begins with nothing running.
        self.running.set(true);
        self.step(|machine| machine.handle_timeout(clock::now()), &act);
        self.run(act, wake);
    }

    fn run(&self, act: impl Fn(M::Output), wake: impl FnOnce() + 'static) {
        loop {
            let next = self.queue.borrow_mut().pop_front();
            let Some(input) = next else { break };
            self.step(|machine| machine.handle_input(clock::now(), input), &act);
        }
        let due = self.machine.borrow().poll_timeout();
        *self.timer.borrow_mut() = due.map(|due| {
            // Rounded up: a timer that fires early would find nothing to do.
            let wait = due.since(clock::now()) + Duration::from_millis(1);
            Timeout::new(millis(wait), wake)
        });
        self.running.set(false);
    }

    /// Lets the machine take one step, then acts on what it wants, with nothing borrowed.
    fn step(&self, step: impl FnOnce(&mut M), act: &impl Fn(M::Output)) {
        let mut outputs = Vec::new();
        {
            let mut machine = self.machine.borrow_mut();
            step(&mut machine);
            outputs.extend(std::iter::from_fn(|| machine.poll_output()));
        }
        for output in outputs {
            act(output);
        }
    }
}
