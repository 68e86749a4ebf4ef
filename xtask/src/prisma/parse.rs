//! Tokens of a Prisma schema → its syntax. A part that cannot be read is one error with its place,
//! after which reading goes on at the next line or block: the rest of the schema still counts.

use super::lexer::{self, Token, TokenKind};
use super::syntax::{
    Argument, Attribute, Block, ConfigBlock, EnumBlock, EnumValue, Expression, FieldSyntax,
    ModelBlock, ModelKind, Name, SchemaFile, SyntaxError, TypeSyntax,
};
use crate::source::Span;

/// The nesting of lists and calls that is read. People write three at most, and the parser recurses.
const DEPTH: u32 = 32;

/// Reads the text of one file.
pub fn parse(text: &str) -> SchemaFile {
    let (tokens, comments) = lexer::tokens(text);
    let mut parser = Parser {
        tokens,
        at: 0,
        depth: 0,
    };
    let mut file = SchemaFile {
        comments,
        ..SchemaFile::default()
    };
    while parser.at < parser.tokens.len() {
        match parser.block(&mut file.errors) {
            Ok(block) => file.blocks.extend(block),
            Err(error) => {
                file.errors.push(error);
                parser.skip_to_block();
            }
        }
    }
    file
}

type Parsed<T> = Result<T, SyntaxError>;

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    depth: u32,
}

/// Blocks.
impl Parser {
    /// The next block; none of a kind that is not known.
    fn block(&mut self, errors: &mut Vec<SyntaxError>) -> Parsed<Option<Block>> {
        let start = self.here().start;
        let keyword = self.name("a block such as `model`")?;
        let name = self.name("the name of the block")?;
        if keyword.text == "type" && self.is_mark('=') {
            return Err(self.error("aliases of types (`type X = …`) are no longer part of Prisma"));
        }
        self.mark('{')?;
        let block = match keyword.text.as_str() {
            "model" => Some(self.model(ModelKind::Model, name, start, errors)?),
            "view" => Some(self.model(ModelKind::View, name, start, errors)?),
            "type" => Some(self.model(ModelKind::CompositeType, name, start, errors)?),
            "enum" => Some(self.enumeration(name, errors)?),
            "datasource" | "generator" => {
                Some(self.config(keyword.text == "datasource", name, errors)?)
            }
            _unknown => {
                self.skip_block();
                None
            }
        };
        Ok(block)
    }

    fn model(
        &mut self,
        kind: ModelKind,
        name: Name,
        start: u32,
        errors: &mut Vec<SyntaxError>,
    ) -> Parsed<Block> {
        let (mut fields, mut attributes) = (Vec::new(), Vec::new());
        while !self.is_mark('}') {
            let read = if self.is_block_attribute() {
                self.block_attribute().map(|one| attributes.push(one))
            } else {
                self.field().map(|one| fields.push(one))
            };
            self.recover(read, errors)?;
        }
        self.mark('}')?;
        let span = self.since(start);
        Ok(Block::Model(ModelBlock {
            kind,
            name,
            fields,
            attributes,
            span,
        }))
    }

    fn enumeration(&mut self, name: Name, errors: &mut Vec<SyntaxError>) -> Parsed<Block> {
        let (mut values, mut attributes) = (Vec::new(), Vec::new());
        while !self.is_mark('}') {
            let read = if self.is_block_attribute() {
                self.block_attribute().map(|one| attributes.push(one))
            } else {
                self.enum_value().map(|one| values.push(one))
            };
            self.recover(read, errors)?;
        }
        self.mark('}')?;
        Ok(Block::Enum(EnumBlock {
            name,
            values,
            attributes,
        }))
    }

    fn enum_value(&mut self) -> Parsed<EnumValue> {
        let name = self.name("a value")?;
        let attributes = self.field_attributes()?;
        Ok(EnumValue { name, attributes })
    }

    fn config(
        &mut self,
        is_datasource: bool,
        name: Name,
        errors: &mut Vec<SyntaxError>,
    ) -> Parsed<Block> {
        let mut settings = Vec::new();
        while !self.is_mark('}') {
            let read = self.setting().map(|one| settings.extend(one));
            self.recover(read, errors)?;
        }
        self.mark('}')?;
        Ok(Block::Config(ConfigBlock {
            is_datasource,
            name,
            settings,
        }))
    }

    /// `provider = "postgresql"`; none where the value is left out.
    fn setting(&mut self) -> Parsed<Option<(Name, Expression)>> {
        let name = self.name("a setting")?;
        self.mark('=')?;
        let is_empty = self
            .peek()
            .is_none_or(|token| token.starts_line || token.kind == TokenKind::Mark('}'));
        if is_empty {
            return Ok(None);
        }
        Ok(Some((name, self.expression()?)))
    }

    /// Goes on at the next line where a member could not be read.
    fn recover(&mut self, read: Parsed<()>, errors: &mut Vec<SyntaxError>) -> Parsed<()> {
        let Err(error) = read else {
            return Ok(());
        };
        if self.peek().is_none() {
            return Err(error);
        }
        errors.push(error);
        self.at += usize::from(!self.is_mark('}'));
        while self
            .peek()
            .is_some_and(|token| !token.starts_line && token.kind != TokenKind::Mark('}'))
        {
            self.at += 1;
        }
        Ok(())
    }

    /// Skips to the keyword of the next block: the first of its line, behind a closing brace.
    fn skip_to_block(&mut self) {
        self.at += 1;
        while let Some(token) = self.peek() {
            let is_keyword = matches!(&token.kind, TokenKind::Name(name)
                if ["model", "view", "type", "enum", "datasource", "generator"].contains(&name.as_str()));
            if token.starts_line && is_keyword && self.opens_block() {
                return;
            }
            self.at += 1;
        }
    }

    fn opens_block(&self) -> bool {
        let next = |ahead: usize| self.tokens.get(self.at + ahead).map(|token| &token.kind);
        matches!(next(1), Some(TokenKind::Name(_))) && next(2) == Some(&TokenKind::Mark('{'))
    }

    fn skip_block(&mut self) {
        let mut open = 1;
        while open > 0
            && let Some(token) = self.peek()
        {
            match token.kind {
                TokenKind::Mark('{') => open += 1,
                TokenKind::Mark('}') => open -= 1,
                _ => {}
            }
            self.at += 1;
        }
    }
}

/// Fields and attributes.
impl Parser {
    fn field(&mut self) -> Parsed<FieldSyntax> {
        let start = self.here().start;
        let name = self.name("a field")?;
        if self.is_mark(':') {
            self.at += 1;
        }
        if self.peek().is_some_and(|token| token.starts_line) {
            return Err(self.error_at(name.span, format!("field `{}` has no type", name.text)));
        }
        let ty = self.type_of_field()?;
        let attributes = self.field_attributes()?;
        let span = self.since(start);
        Ok(FieldSyntax {
            name,
            ty,
            attributes,
            span,
        })
    }

    fn type_of_field(&mut self) -> Parsed<TypeSyntax> {
        let start = self.here().start;
        // `[Post]` and `String!` are of the first Prisma.
        let is_legacy_list = self.take('[');
        let mut name = self.name("a type")?;
        let unsupported = name.text == "Unsupported" && self.take('(');
        if unsupported {
            name = self.string("the type of the database in `Unsupported`")?;
            self.mark(')')?;
        }
        if is_legacy_list {
            self.mark(']')?;
        }
        let is_list = self.take('[');
        if is_list {
            self.mark(']')?;
        }
        let optional = self.take('?');
        self.take('!');
        let span = self.since(start);
        Ok(TypeSyntax {
            name,
            unsupported,
            list: is_list || is_legacy_list,
            optional,
            span,
        })
    }

    fn field_attributes(&mut self) -> Parsed<Vec<Attribute>> {
        let mut attributes = Vec::new();
        while self.is_mark('@') {
            let start = self.here().start;
            self.at += 1;
            attributes.push(self.attribute(start)?);
        }
        Ok(attributes)
    }

    fn block_attribute(&mut self) -> Parsed<Attribute> {
        let start = self.here().start;
        self.at += 1;
        self.attribute(start)
    }

    fn attribute(&mut self, start: u32) -> Parsed<Attribute> {
        let name = self.path("an attribute")?;
        let arguments = if self.take('(') {
            self.arguments()?
        } else {
            Vec::new()
        };
        let span = self.since(start);
        Ok(Attribute {
            name,
            arguments,
            span,
        })
    }

    /// The arguments after `(`, with the closing one.
    fn arguments(&mut self) -> Parsed<Vec<Argument>> {
        let mut arguments = Vec::new();
        while !self.take(')') {
            arguments.push(self.argument()?);
            if !self.take(',') {
                self.mark(')')?;
                break;
            }
        }
        Ok(arguments)
    }

    fn argument(&mut self) -> Parsed<Argument> {
        let is_named = matches!(
            (
                self.peek().map(|token| &token.kind),
                self.tokens.get(self.at + 1).map(|token| &token.kind)
            ),
            (Some(TokenKind::Name(_)), Some(TokenKind::Mark(':')))
        );
        let name = if is_named {
            let name = self.name("an argument")?;
            self.at += 1;
            Some(name.text)
        } else {
            None
        };
        let value = self.expression()?;
        Ok(Argument { name, value })
    }

    fn expression(&mut self) -> Parsed<Expression> {
        if self.depth == DEPTH {
            return Err(self.error("it is nested too deeply"));
        }
        self.depth += 1;
        let read = self.expression_within();
        self.depth -= 1;
        read
    }

    fn expression_within(&mut self) -> Parsed<Expression> {
        let Some(token) = self.peek().cloned() else {
            return Err(self.error("a value is expected here"));
        };
        match token.kind {
            TokenKind::Text(text) => {
                self.at += 1;
                Ok(Expression::Text(text))
            }
            TokenKind::Number(number) => {
                self.at += 1;
                Ok(Expression::Number(number))
            }
            TokenKind::Mark('[') => {
                self.at += 1;
                let mut items = Vec::new();
                while !self.take(']') {
                    items.push(self.expression()?);
                    if !self.take(',') {
                        self.mark(']')?;
                        break;
                    }
                }
                Ok(Expression::List(items))
            }
            TokenKind::Name(_) => {
                let name = self.path("a value")?;
                if self.take('(') {
                    return Ok(Expression::Call(name, self.arguments()?));
                }
                Ok(Expression::Path(name))
            }
            TokenKind::Mark(_) | TokenKind::BlockAttribute => {
                Err(self.error("a value is expected here"))
            }
        }
    }

    /// `db.VarChar`
    fn path(&mut self, what: &str) -> Parsed<String> {
        let mut path = self.name(what)?.text;
        while self.take('.') {
            path = format!("{path}.{}", self.name(what)?.text);
        }
        Ok(path)
    }
}

/// Tokens.
impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn is_mark(&self, mark: char) -> bool {
        self.peek()
            .is_some_and(|token| token.kind == TokenKind::Mark(mark))
    }

    fn is_block_attribute(&self) -> bool {
        self.peek()
            .is_some_and(|token| token.kind == TokenKind::BlockAttribute)
    }

    fn take(&mut self, mark: char) -> bool {
        let is_there = self.is_mark(mark);
        self.at += usize::from(is_there);
        is_there
    }

    fn mark(&mut self, mark: char) -> Parsed<()> {
        if self.take(mark) {
            return Ok(());
        }
        Err(self.error(&format!("`{mark}` is expected here")))
    }

    fn name(&mut self, what: &str) -> Parsed<Name> {
        self.text_of(what, |kind| match kind {
            TokenKind::Name(text) => Some(text.clone()),
            _ => None,
        })
    }

    fn string(&mut self, what: &str) -> Parsed<Name> {
        self.text_of(what, |kind| match kind {
            TokenKind::Text(text) => Some(text.clone()),
            _ => None,
        })
    }

    /// Takes the next token, where `text` finds one in it.
    fn text_of(&mut self, what: &str, text: fn(&TokenKind) -> Option<String>) -> Parsed<Name> {
        let found = self.peek().and_then(|token| {
            Some(Name {
                text: text(&token.kind)?,
                span: token.span,
            })
        });
        let Some(name) = found else {
            return Err(self.error(&format!("{what} is expected here")));
        };
        self.at += 1;
        Ok(name)
    }

    /// The place of the next token; the end of the last one where there is none.
    fn here(&self) -> Span {
        let end = || self.tokens.last().map_or(0, |token| token.span.end);
        self.peek().map_or_else(
            || Span {
                start: end(),
                end: end(),
            },
            |token| token.span,
        )
    }

    /// From `start` to the end of the last token that was read.
    fn since(&self, start: u32) -> Span {
        let last = self.at.checked_sub(1).and_then(|at| self.tokens.get(at));
        Span {
            start,
            end: last.map_or(start, |token| token.span.end),
        }
    }

    fn error(&self, message: &str) -> SyntaxError {
        self.error_at(self.here(), message.to_owned())
    }

    fn error_at(&self, span: Span, message: String) -> SyntaxError {
        SyntaxError { span, message }
    }
}
