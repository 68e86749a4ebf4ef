//! The expressions of CHECK constraints, as far as they can bound a column. Casts are dropped
//! (`(title)::text` is `title`); whatever else is not known becomes [`Expression::Opaque`].

/// A condition or an operand.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Expression {
    Column(String),
    Literal(Literal),
    Call(String, Vec<Expression>),
    Compare(Box<Expression>, Operator, Box<Expression>),
    AnyOf(Box<Expression>, Vec<Literal>),
    IsNull(Box<Expression>),
    IsNotNull(Box<Expression>),
    And(Vec<Expression>),
    Or(Vec<Expression>),
    Opaque,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Literal {
    Number(f64),
    String(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    /// `~`
    Matches,
}

impl Operator {
    fn read(symbol: &str) -> Option<Self> {
        match symbol {
            "=" => Some(Self::Equal),
            "<>" => Some(Self::NotEqual),
            "<" => Some(Self::Less),
            "<=" => Some(Self::LessOrEqual),
            ">" => Some(Self::Greater),
            ">=" => Some(Self::GreaterOrEqual),
            "~" => Some(Self::Matches),
            _other => None,
        }
    }

    /// The operator with its sides exchanged.
    pub(super) fn flipped(self) -> Self {
        match self {
            Self::Less => Self::Greater,
            Self::LessOrEqual => Self::GreaterOrEqual,
            Self::Greater => Self::Less,
            Self::GreaterOrEqual => Self::LessOrEqual,
            Self::Equal | Self::NotEqual | Self::Matches => self,
        }
    }
}

/// The condition of `CHECK (…)`.
pub(super) fn parse_check(definition: &str) -> Option<Expression> {
    let body = definition.strip_prefix("CHECK ")?;
    let tokens = tokens(body)?;
    let mut parser = Parser {
        tokens: &tokens,
        at: 0,
        depth: 0,
    };
    parser.primary()
}

#[derive(Debug, Clone, PartialEq)]
enum ExpressionToken {
    /// A name or keyword; quoted names are never keywords.
    Word(String, bool),
    String(String),
    Number(f64),
    Symbol(String),
}

fn tokens(text: &str) -> Option<Vec<ExpressionToken>> {
    let characters: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(&character) = characters.get(at) {
        if character.is_whitespace() {
            at += 1;
            continue;
        }
        let (token, next) = match character {
            '\'' => quoted(&characters, at, '\'')
                .map(|(text, next)| (ExpressionToken::String(text), next))?,
            '"' => quoted(&characters, at, '"')
                .map(|(text, next)| (ExpressionToken::Word(text, true), next))?,
            digit if digit.is_ascii_digit() => number(&characters, at)?,
            letter if letter.is_alphabetic() || letter == '_' => {
                let word = run(&characters, at, |character| {
                    character.is_alphanumeric() || "_$".contains(character)
                });
                (ExpressionToken::Word(word.0, false), word.1)
            }
            symbol if "<>=~!*+-/|&^%#@?".contains(symbol) => {
                let word = run(&characters, at, |character| {
                    "<>=~!*+-/|&^%#@?".contains(character)
                });
                (ExpressionToken::Symbol(word.0), word.1)
            }
            ':' if characters.get(at + 1) == Some(&':') => {
                (ExpressionToken::Symbol("::".into()), at + 2)
            }
            other => (ExpressionToken::Symbol(other.to_string()), at + 1),
        };
        tokens.push(token);
        at = next;
    }
    Some(tokens)
}

fn quoted(characters: &[char], start: usize, quote: char) -> Option<(String, usize)> {
    let mut text = String::new();
    let mut at = start + 1;
    loop {
        let character = *characters.get(at)?;
        at += 1;
        if character != quote {
            text.push(character);
        } else if characters.get(at) == Some(&quote) {
            text.push(quote);
            at += 1;
        } else {
            return Some((text, at));
        }
    }
}

fn number(characters: &[char], start: usize) -> Option<(ExpressionToken, usize)> {
    let (text, next) = run(characters, start, |character| {
        character.is_ascii_digit() || character == '.'
    });
    Some((ExpressionToken::Number(text.parse().ok()?), next))
}

fn run(characters: &[char], start: usize, belongs: impl Fn(char) -> bool) -> (String, usize) {
    let text: String = characters[start..]
        .iter()
        .copied()
        .take_while(|character| belongs(*character))
        .collect();
    let next = start + text.chars().count();
    (text, next)
}

/// PostgreSQL parenthesises every operation, so that each pair of parentheses holds one operator,
/// or several `AND`s or `OR`s.
struct Parser<'t> {
    tokens: &'t [ExpressionToken],
    at: usize,
    depth: usize,
}

/// Deeper conditions than people write are not read, and do not exhaust the stack.
const MAX_DEPTH: usize = 64;

impl Parser<'_> {
    fn peek(&self) -> Option<&ExpressionToken> {
        self.tokens.get(self.at)
    }

    fn take_symbol(&mut self, symbol: &str) -> bool {
        let found = matches!(self.peek(), Some(ExpressionToken::Symbol(here)) if here == symbol);
        self.at += usize::from(found);
        found
    }

    fn take_word(&mut self, word: &str) -> bool {
        let found = matches!(self.peek(), Some(ExpressionToken::Word(here, false)) if here.eq_ignore_ascii_case(word));
        self.at += usize::from(found);
        found
    }

    /// Parses the inside of parentheses: operands joined by one kind of operator.
    fn expression(&mut self) -> Option<Expression> {
        let first = self.comparison()?;
        let mut operands = vec![first];
        let mut joined_by = None;
        loop {
            let word = if self.take_word("AND") {
                "AND"
            } else if self.take_word("OR") {
                "OR"
            } else {
                break;
            };
            // Mixed without parentheses: PostgreSQL does not write that.
            if joined_by.is_some_and(|known| known != word) {
                return None;
            }
            joined_by = Some(word);
            operands.push(self.comparison()?);
        }
        match joined_by {
            None => operands.pop(),
            Some("AND") => Some(Expression::And(operands)),
            Some(_or) => Some(Expression::Or(operands)),
        }
    }

    fn comparison(&mut self) -> Option<Expression> {
        if self.take_word("NOT") {
            self.primary()?;
            return Some(Expression::Opaque);
        }
        let left = self.primary()?;
        if self.take_word("IS") {
            let not = self.take_word("NOT");
            let null = self.take_word("NULL");
            return match (null, not) {
                (true, true) => Some(Expression::IsNotNull(Box::new(left))),
                (true, false) => Some(Expression::IsNull(Box::new(left))),
                (false, _) => None,
            };
        }
        let Some(ExpressionToken::Symbol(symbol)) = self.peek() else {
            return Some(left);
        };
        if matches!(symbol.as_str(), ")" | "," | "]") {
            return Some(left);
        }
        let operator = Operator::read(symbol);
        self.at += 1;
        if self.take_word("ANY") {
            let values = self.list()?;
            return Some(match operator {
                Some(Operator::Equal) => Expression::AnyOf(Box::new(left), values),
                Some(_) | None => Expression::Opaque,
            });
        }
        let right = self.primary()?;
        Some(match operator {
            Some(operator) => Expression::Compare(Box::new(left), operator, Box::new(right)),
            None => Expression::Opaque,
        })
    }

    fn primary(&mut self) -> Option<Expression> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return None;
        }
        let operand = self.operand()?;
        self.depth -= 1;
        self.casts(operand)
    }

    fn operand(&mut self) -> Option<Expression> {
        let token = self.peek()?.clone();
        self.at += 1;
        match token {
            ExpressionToken::Number(number) => Some(Expression::Literal(Literal::Number(number))),
            ExpressionToken::String(text) => Some(Expression::Literal(Literal::String(text))),
            ExpressionToken::Symbol(symbol) if symbol == "-" => match self.primary()? {
                Expression::Literal(Literal::Number(number)) => {
                    Some(Expression::Literal(Literal::Number(-number)))
                }
                _other => Some(Expression::Opaque),
            },
            ExpressionToken::Symbol(symbol) if symbol == "(" => {
                let inner = self.expression()?;
                self.take_symbol(")").then_some(inner)
            }
            ExpressionToken::Word(word, quoted) if !quoted && self.take_symbol("(") => {
                self.call(&word)
            }
            ExpressionToken::Word(word, _) => Some(Expression::Column(word)),
            ExpressionToken::Symbol(_) => None,
        }
    }

    fn call(&mut self, function: &str) -> Option<Expression> {
        // `TRIM(BOTH FROM name)`
        for word in ["BOTH", "LEADING", "TRAILING", "FROM"] {
            self.take_word(word);
        }
        let mut arguments = Vec::new();
        while !self.take_symbol(")") {
            arguments.push(self.expression()?);
            self.take_symbol(",");
        }
        Some(Expression::Call(function.to_ascii_lowercase(), arguments))
    }

    /// Drops `::type` and turns the text of a number into one: `'-90'::integer`.
    fn casts(&mut self, operand: Expression) -> Option<Expression> {
        let mut operand = operand;
        while self.take_symbol("::") {
            let type_name = self.type_name()?;
            if let Expression::Literal(Literal::String(text)) = &operand
                && is_numeric(&type_name)
            {
                operand = Expression::Literal(Literal::Number(text.parse().ok()?));
            }
        }
        Some(operand)
    }

    fn type_name(&mut self) -> Option<String> {
        let mut words = Vec::new();
        while let Some(ExpressionToken::Word(word, _)) = self.peek() {
            if ["AND", "OR", "IS"]
                .iter()
                .any(|keyword| word.eq_ignore_ascii_case(keyword))
            {
                break;
            }
            words.push(word.clone());
            self.at += 1;
            if self.take_symbol("(") {
                while !self.take_symbol(")") {
                    self.peek()?;
                    self.at += 1;
                }
            }
            self.take_symbol(".");
        }
        while self.take_symbol("[") {
            self.take_symbol("]");
        }
        Some(words.join(" "))
    }

    /// `(ARRAY['a'::text, 'b'::text])`, `((ARRAY[…])::text[])`, `('{a,b}'::text[])`
    fn list(&mut self) -> Option<Vec<Literal>> {
        if !self.take_symbol("(") {
            return None;
        }
        let values = if self.take_word("ARRAY") {
            self.array()?
        } else {
            self.list_in_other_form()?
        };
        self.casts(Expression::Opaque)?;
        self.take_symbol(")").then_some(values)
    }

    fn list_in_other_form(&mut self) -> Option<Vec<Literal>> {
        if let Some(ExpressionToken::String(text)) = self.peek() {
            let items = text.strip_prefix('{')?.strip_suffix('}')?;
            let values = items
                .split(',')
                .map(|item| Literal::String(item.trim_matches('"').to_owned()))
                .collect();
            self.at += 1;
            return Some(values);
        }
        self.list()
    }

    fn array(&mut self) -> Option<Vec<Literal>> {
        let mut values = Vec::new();
        if !self.take_symbol("[") {
            return None;
        }
        while !self.take_symbol("]") {
            match self.primary()? {
                Expression::Literal(literal) => values.push(literal),
                _computed => return None,
            }
            self.take_symbol(",");
        }
        Some(values)
    }
}

fn is_numeric(type_name: &str) -> bool {
    matches!(
        type_name,
        "integer" | "smallint" | "bigint" | "numeric" | "real" | "double precision"
    )
}
