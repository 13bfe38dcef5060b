//! What a connection reads into and writes from: head and body of a request go out together.

use super::transport::{Buffers, LazyBuffers};

pub(super) const INPUT: usize = 32 * 1024;
pub(super) const OUTPUT: usize = 16 * 1024;

/// Buffers that hold back the head of a request that has a body until the body is there, too.
pub(super) struct Joined {
    buffers: LazyBuffers,
    /// Bytes of the head at the start of the output buffer.
    held: usize,
}

impl Joined {
    pub fn new() -> Joined {
        Joined { buffers: LazyBuffers::new(INPUT, OUTPUT), held: 0 }
    }

    /// What is to be sent now that `amount` more bytes are there: nothing, after a head alone.
    pub fn release(&mut self, amount: usize) -> &[u8] {
        let held = std::mem::take(&mut self.held);
        let output = self.buffers.output().get(..held + amount).unwrap_or_default();
        // POST, PUT and PATCH always have a body here, and no other method starts with a P.
        let is_head = output.starts_with(b"P") && output.ends_with(b"\r\n\r\n");
        if held == 0 && is_head && amount <= OUTPUT / 2 {
            self.held = amount;
            return &[];
        }
        output
    }
}

impl Buffers for Joined {
    fn output(&mut self) -> &mut [u8] {
        self.buffers.output().get_mut(self.held..).unwrap_or_default()
    }

    fn tmp_and_output(&mut self) -> (&mut [u8], &mut [u8]) {
        let (tmp, output) = self.buffers.tmp_and_output();
        (tmp, output.get_mut(self.held..).unwrap_or_default())
    }

    fn input(&self) -> &[u8] {
        self.buffers.input()
    }

    fn input_append_buf(&mut self) -> &mut [u8] {
        self.buffers.input_append_buf()
    }

    fn input_appended(&mut self, amount: usize) {
        self.buffers.input_appended(amount);
    }

    fn input_consume(&mut self, amount: usize) {
        self.buffers.input_consume(amount);
    }

    fn can_use_input(&self) -> bool {
        self.buffers.can_use_input()
    }
}
