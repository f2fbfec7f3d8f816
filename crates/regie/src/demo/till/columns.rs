//! Whole columns out of a Parquet file that lies in memory.
//!
//! Invariant: every column of a row group comes back with exactly as many values as the group has rows. Only required,
//! flat columns are known, as `demo/prepare.py` writes them; optional and nested ones are left out.

use bytes::Bytes;
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{ByteArray, DataType};
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, RowGroupReader, SerializedFileReader};

use super::TillError;

/// An opened file: its footer is read, its columns are not.
pub(super) struct File {
    name: &'static str,
    reader: SerializedFileReader<Bytes>,
}

/// One row group of a file.
pub(super) struct RowGroup<'a> {
    file: &'static str,
    rows: usize,
    reader: Box<dyn RowGroupReader + 'a>,
}

impl File {
    pub(super) fn open(name: &'static str, bytes: &'static [u8]) -> Result<Self, TillError> {
        let reader = SerializedFileReader::new(Bytes::from_static(bytes)).map_err(|source| TillError::File { file: name, source })?;
        Ok(Self { name, reader })
    }

    /// Rows of all groups together.
    pub(super) fn rows(&self) -> i64 {
        self.reader.metadata().file_metadata().num_rows()
    }

    pub(super) fn groups(&self) -> usize {
        self.reader.num_row_groups()
    }

    pub(super) fn group(&self, index: usize) -> Result<RowGroup<'_>, TillError> {
        let reader = self.reader.get_row_group(index).map_err(|source| TillError::File { file: self.name, source })?;
        let rows = self.within("rows", reader.metadata().num_rows())?;
        Ok(RowGroup { file: self.name, rows, reader })
    }

    /// The value as the narrower type, or the error that names it.
    pub(super) fn within<T, V>(&self, column: &'static str, value: V) -> Result<T, TillError>
    where
        T: TryFrom<V>,
        V: Copy + Into<i64>,
    {
        T::try_from(value).map_err(|_| self.wrong(column, value))
    }

    pub(super) fn wrong(&self, column: &'static str, value: impl Into<i64>) -> TillError {
        TillError::Value { file: self.name, column, value: value.into() }
    }
}

impl RowGroup<'_> {
    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    pub(super) fn integers(&self, column: &'static str) -> Result<Vec<i32>, TillError> {
        match self.column(column)? {
            ColumnReader::Int32ColumnReader(reader) => self.all(column, reader),
            _ => Err(self.unusable(column)),
        }
    }

    pub(super) fn longs(&self, column: &'static str) -> Result<Vec<i64>, TillError> {
        match self.column(column)? {
            ColumnReader::Int64ColumnReader(reader) => self.all(column, reader),
            _ => Err(self.unusable(column)),
        }
    }

    pub(super) fn flags(&self, column: &'static str) -> Result<Vec<bool>, TillError> {
        match self.column(column)? {
            ColumnReader::BoolColumnReader(reader) => self.all(column, reader),
            _ => Err(self.unusable(column)),
        }
    }

    /// Texts that share the decoded page; [`text`] makes a `String` of one.
    pub(super) fn texts(&self, column: &'static str) -> Result<Vec<ByteArray>, TillError> {
        match self.column(column)? {
            ColumnReader::ByteArrayColumnReader(reader) => self.all(column, reader),
            _ => Err(self.unusable(column)),
        }
    }

    /// The text, or an error if it is not UTF-8.
    pub(super) fn text<'t>(&self, column: &'static str, bytes: &'t ByteArray) -> Result<&'t str, TillError> {
        bytes.as_utf8().map_err(|_| self.unusable(column))
    }

    fn column(&self, column: &'static str) -> Result<ColumnReader, TillError> {
        let schema = self.reader.metadata().schema_descr();
        let index = schema.columns().iter().position(|c| c.name() == column && c.max_def_level() == 0 && c.max_rep_level() == 0);
        let index = index.ok_or_else(|| self.unusable(column))?;
        self.reader.get_column_reader(index).map_err(|source| self.unreadable(source))
    }

    fn all<T: DataType>(&self, column: &'static str, mut reader: ColumnReaderImpl<T>) -> Result<Vec<T::T>, TillError> {
        let mut values = Vec::with_capacity(self.rows);
        // A call may stop at the end of a page.
        while values.len() < self.rows {
            let (records, _, _) =
                reader.read_records(self.rows - values.len(), None, None, &mut values).map_err(|source| self.unreadable(source))?;
            if records == 0 {
                return Err(self.unusable(column));
            }
        }
        Ok(values)
    }

    fn unusable(&self, column: &'static str) -> TillError {
        TillError::Column { file: self.file, column }
    }

    fn unreadable(&self, source: ParquetError) -> TillError {
        TillError::File { file: self.file, source }
    }
}
