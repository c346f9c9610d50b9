//! Recurrent layers over series (batch, time, features), with the gates and equations of Keras.
//!
//! Each takes the states to begin with, and returns the sequence of states and the last ones.

mod gru_kernel;
mod lstm_kernel;
mod series;
mod simple_rnn_kernel;

pub use gru_kernel::{GruSaved, GruValue, gru, gru_adjoint, gru_forward, gru_tangent};
pub use lstm_kernel::{LstmSaved, LstmValue, lstm, lstm_adjoint, lstm_forward, lstm_tangent};
pub use simple_rnn_kernel::{
    SimpleRnnSaved, SimpleRnnValue, simple_rnn, simple_rnn_adjoint, simple_rnn_forward, simple_rnn_tangent,
};
