//! What can be wrong with what `regie evaluate` is given: the file, what is wrong, what to do, and a stable code.

use std::path::PathBuf;

use regie_recommend::InvalidParameters;
use regie_recommend::baskets::InvalidBasketParameters;
use regie_recommend::evaluate::ReadError;
use regie_recommend::tune::TuneError;

#[derive(Debug, thiserror::Error)]
pub(super) enum EvaluateError {
    #[error("{}: {why}; name a file that can be read", .file.display())]
    Unreadable { file: PathBuf, why: std::io::Error },
    #[error("{}: {problem}", .file.display())]
    Wrong { file: PathBuf, problem: ReadError },
    #[error("{}: larger than {limit} bytes once unpacked; evaluate a part of it, or give it as CSV", .file.display())]
    TooLarge { file: PathBuf, limit: u64 },
    #[error("{}: neither .json nor .csv; say which it is with --format", .file.display())]
    FormatUnknown { file: PathBuf },
    #[error("{}: nothing in it to learn from; it needs at least one line after the header, or one basket", .file.display())]
    NothingToLearn { file: PathBuf },
    #[error("{}: nothing in it can be asked; it needs a session of at least two events, or one basket", .file.display())]
    NothingToPredict { file: PathBuf },
    #[error("--{name} means nothing to {algorithm}; leave it out, or choose another --algorithm")]
    ParameterUnused { name: &'static str, algorithm: &'static str },
    #[error("{0}")]
    Parameters(InvalidParameters),
    #[error("{0}")]
    BasketParameters(InvalidBasketParameters),
    #[error("{}: {why}", .file.display())]
    Tune { file: PathBuf, why: TuneError },
    #[error("the answer cannot be written as JSON: {0}")]
    Answer(String),
}

impl EvaluateError {
    /// The stable code.
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "file_unreadable",
            Self::Wrong { problem, .. } => problem.code(),
            Self::TooLarge { .. } => "file_too_large",
            Self::FormatUnknown { .. } => "format_unknown",
            Self::NothingToLearn { .. } => "nothing_to_learn",
            Self::NothingToPredict { .. } => "nothing_to_predict",
            Self::ParameterUnused { .. } => "parameter_unused",
            Self::Parameters(invalid) => invalid.code(),
            Self::BasketParameters(invalid) => invalid.code(),
            Self::Tune { why, .. } => why.code(),
            Self::Answer(_) => "answer_unwritable",
        }
    }
}
