//! How the batches of a statement's slices become one: what the analysis of a statement decides and stitching carries out.

/// How the batches become one.
#[derive(Debug, Clone, PartialEq)]
pub enum Merge {
    /// Rows are put one after another.
    Concat(Concat),
    /// Groups of equal keys become one.
    Totals(Totals),
}

/// Rows put one after another.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Concat {
    /// Their order.
    pub order: Order,
    /// How many are kept, of the ordered rows.
    pub limit: Option<usize>,
}

/// The order of rows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Order {
    /// Any; slices follow each other in time.
    #[default]
    Any,
    /// By the event time before all else. Slices do not overlap in it, so that they follow each other and keep the order that
    /// the engine gave their rows.
    Time {
        /// Latest first.
        descending: bool,
    },
    /// By columns of the output.
    Columns(Vec<SortKey>),
}

/// One column to sort by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SortKey {
    /// Its place in the output, from 0.
    pub column: usize,
    /// Greatest first.
    pub descending: bool,
    /// Nulls before all else; both engines put them last, whatever the direction, unless told otherwise.
    pub nulls_first: bool,
}

/// Groups merged. A slice's batch holds the columns of the key, then one column for each partial.
#[derive(Debug, Clone, PartialEq)]
pub struct Totals {
    /// How many columns make the key. None: the statement has no GROUP BY, and its answer is one row always.
    pub keys: usize,
    /// How the other columns merge.
    pub partials: Vec<Partial>,
    /// The columns of the answer.
    pub outputs: Vec<Output>,
    /// The order of the answer's rows, by columns of the answer.
    pub order: Vec<SortKey>,
    /// How many rows are kept, of the ordered ones.
    pub limit: Option<usize>,
}

/// How a partial of one group merges with the same group's of another slice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Partial {
    /// `count`: added; never null.
    Count,
    /// `sum`: added, nulls passed over; whole numbers that do not fit 64 bits are an error, as in both engines.
    Sum,
    /// `min`: the least, nulls passed over.
    Min,
    /// `max`: the greatest, nulls passed over.
    Max,
    /// `bool_and`: nulls passed over.
    And,
    /// `bool_or`: nulls passed over.
    Or,
}

/// A column of the answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Output {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: Value,
}

/// What an output column holds, over the merged columns of a slice's batch. Semantics are Presto's: null in, null out; whole
/// numbers divided by whole numbers are cut towards zero; a whole number divided by zero is an error.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A column of the merged batch, keys first, then partials; from 0.
    Column(usize),
    /// A whole number.
    Integer(i64),
    /// A floating-point number.
    Double(f64),
    /// No value.
    Null,
    /// A calculation with two operands.
    Binary(Arithmetic, Box<Value>, Box<Value>),
    /// The other sign.
    Negative(Box<Value>),
    /// `CAST(x AS double)`.
    ToDouble(Box<Value>),
    /// `CAST(x AS bigint)`: rounded, as Presto does.
    ToInteger(Box<Value>),
    /// `coalesce`.
    Coalesce(Vec<Value>),
    /// `nullif`.
    NullIf(Box<Value>, Box<Value>),
    /// `round(x[, digits])`: halves away from zero.
    Round(Box<Value>, i32),
    /// The quotient of a sum and a count that `avg` is made of: null where the count is zero.
    Average {
        /// The place of the sum, of floating-point numbers, in the merged batch.
        sum: usize,
        /// The place of the count.
        count: usize,
    },
}

/// A calculation with two operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
}
