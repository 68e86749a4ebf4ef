//! Reads statements by their kind.

use squawk_syntax::ast::{self, AlterDomainAction, AlterTypeAction, AstNode as _, Stmt};

use super::constraints::{constraint, is_not_null};
use super::reader::{Reader, is_cascade};
use super::{
    CreatedTable, DomainAction, Effect, IndexElement, NewIndex, TypeAction, alter_table, queries,
    syntax,
};

impl Reader<'_> {
    /// Reads the statement.
    pub(super) fn read(&mut self, statement: &Stmt) {
        match statement {
            Stmt::AlterTable(altered) => alter_table::read(self, altered),
            Stmt::CreateTable(created) => self.add_some(|reader| create_table(reader, created)),
            Stmt::CreateTableAs(created) => {
                self.add_some(|reader| {
                    let name = reader.reference(created.table_name()?.syntax());
                    let if_not_exists = created.if_not_exists().is_some();
                    let yields = if_not_exists && !is_temporary(created.persistence());
                    Some(filled(name, yields))
                });
                queries::read(self, created.syntax());
            }
            Stmt::SelectInto(select) => {
                self.add_some(|reader| {
                    let into = select.into_clause()?;
                    let mut cursor = reader.cursor(into.syntax());
                    cursor.eat("into");
                    for word in ["temporary", "temp", "unlogged", "table"] {
                        cursor.eat(word);
                    }
                    let parts = cursor.qualified();
                    Some(filled(super::Reference { parts }, false))
                });
                queries::read(self, select.syntax());
            }
            Stmt::CreateIndex(created) => self.add_some(|reader| create_index(reader, created)),
            Stmt::CreateView(view) => self.add_some(|reader| {
                Some(Effect::CreateView(reader.reference(view.view()?.syntax())))
            }),
            Stmt::CreateMaterializedView(view) => self.add_some(|reader| {
                Some(Effect::CreateView(reader.reference(view.view()?.syntax())))
            }),
            Stmt::CreateType(created) => self.add_some(|reader| create_type(reader, created)),
            Stmt::CreateDomain(created) => self.add_some(|reader| {
                Some(Effect::CreateType(
                    reader.reference(created.domain()?.syntax()),
                ))
            }),
            Stmt::CreateFunction(created) => {
                let mut cursor = self.cursor(created.syntax());
                cursor.skip_past(&["function"]);
                let parts = cursor.qualified();
                self.add(Effect::CreateFunction(super::Reference { parts }));
            }
            Stmt::AlterType(altered) => self.add_some(|reader| alter_type(reader, altered)),
            Stmt::AlterDomain(altered) => self.add_some(|reader| alter_domain(reader, altered)),
            Stmt::Refresh(refresh) => self.add_some(|reader| {
                Some(Effect::Refresh(
                    reader.reference(refresh.view_ref()?.syntax()),
                ))
            }),
            Stmt::CreateTrigger(trigger) => {
                let table = trigger.on_relation().and_then(|on| on.relation_name_ref());
                let table = syntax(table.as_ref()).map(|table| self.reference(table));
                self.add(Effect::CreateTrigger(table));
            }
            Stmt::CreateRule(_) | Stmt::CreateEventTrigger(_) => {
                self.add(Effect::CreateTrigger(None));
            }
            Stmt::Truncate(truncate) => {
                let tables = truncate.table_list();
                let tables = tables.iter().flat_map(ast::TableList::table_relation_names);
                let tables = tables.map(|table| self.relation(table.syntax())).collect();
                let cascade = is_cascade(truncate.drop_behavior());
                self.add(Effect::Truncate { tables, cascade });
            }
            Stmt::Do(_) => self.add(Effect::Opaque("runs a block of code".into())),
            Stmt::Call(_) => self.add(Effect::Opaque("calls a procedure".into())),
            Stmt::Execute(_) => self.add(Effect::Opaque("runs a prepared statement".into())),
            Stmt::Copy(copy) => {
                let is_from =
                    matches!(copy.copy_direction(), Some(ast::CopyDirection::CopyFrom(_)));
                if let Some(table) = copy.copy_table().and_then(|copied| copied.table_name_ref())
                    && is_from
                {
                    let table = self.reference(table.syntax());
                    self.add(Effect::Write(table));
                }
                queries::read(self, copy.syntax());
            }
            Stmt::Select(_)
            | Stmt::CompoundSelect(_)
            | Stmt::ParenSelect(_)
            | Stmt::Values(_)
            | Stmt::Table(_)
            | Stmt::Insert(_)
            | Stmt::Update(_)
            | Stmt::Delete(_)
            | Stmt::Merge(_)
            | Stmt::Declare(_) => queries::read(self, statement.syntax()),
            // Without `ANALYZE` nothing runs.
            Stmt::Explain(explain) => {
                if self.cursor(explain.syntax()).skip_past(&["analyze"]) {
                    queries::read(self, explain.syntax());
                }
            }
            other => self.read_drop(other),
        }
    }

    fn read_drop(&mut self, statement: &Stmt) {
        match statement {
            Stmt::DropTable(dropped) => {
                let tables = self.references(dropped.table_name_refs());
                let cascade = is_cascade(dropped.drop_behavior());
                self.add(Effect::DropTables { tables, cascade });
            }
            Stmt::DropView(dropped) => {
                let views = self.references(dropped.view_refs());
                let cascade = is_cascade(dropped.drop_behavior());
                self.add(Effect::DropViews { views, cascade });
            }
            Stmt::DropMaterializedView(dropped) => {
                let views = self.references(dropped.view_refs());
                let cascade = is_cascade(dropped.drop_behavior());
                self.add(Effect::DropViews { views, cascade });
            }
            Stmt::DropType(dropped) => {
                let types = self.references(dropped.type_name_refs());
                let cascade = is_cascade(dropped.drop_behavior());
                self.add(Effect::DropTypes { types, cascade });
            }
            Stmt::DropDomain(dropped) => {
                let types = self.references(dropped.domain_refs());
                let cascade = is_cascade(dropped.drop_behavior());
                self.add(Effect::DropTypes { types, cascade });
            }
            Stmt::DropSchema(dropped) => {
                let names = dropped.schema_refs();
                let schemas = names.filter_map(|name| self.name(Some(name))).collect();
                let cascade = is_cascade(dropped.drop_behavior());
                self.add(Effect::DropSchemas { schemas, cascade });
            }
            Stmt::DropIndex(dropped) => {
                let indexes = self.references(dropped.index_refs());
                self.add(Effect::DropIndexes(indexes));
            }
            Stmt::DropSequence(dropped) => {
                let sequences = self.references(dropped.sequence_refs());
                self.add(Effect::DropSequences(sequences));
            }
            Stmt::DropForeignTable(dropped) => {
                let mut cursor = self.cursor(dropped.syntax());
                cursor.eat_all(&["drop", "foreign", "table"]);
                cursor.eat_all(&["if", "exists"]);
                let tables =
                    cursor
                        .split_at_commas()
                        .into_iter()
                        .map(|mut part| super::Reference {
                            parts: part.qualified(),
                        });
                let tables = tables.collect();
                let cascade = is_cascade(dropped.drop_behavior());
                self.add(Effect::DropTables { tables, cascade });
            }
            Stmt::DropOwned(_) => self.add(Effect::DropOthers("all that a role owns".into())),
            Stmt::DropExtension(dropped) if is_cascade(dropped.drop_behavior()) => {
                self.add(Effect::DropOthers("what needs an extension".into()));
            }
            _no_rows => {}
        }
    }

    /// Adds the effect; where a part of the statement is missing, it may do anything.
    fn add_some(&mut self, read: impl FnOnce(&Self) -> Option<Effect>) {
        let effect = read(self).unwrap_or_else(|| Effect::Opaque("cannot be read".into()));
        self.add(effect);
    }
}

fn is_temporary(persistence: Option<ast::Persistence>) -> bool {
    matches!(persistence, Some(ast::Persistence::Temp(_)))
}

/// A table that a query fills.
fn filled(name: super::Reference, if_not_exists: bool) -> Effect {
    Effect::CreateTable(CreatedTable {
        name,
        if_not_exists,
        from_query: true,
        partition_of: None,
        inherits: Vec::new(),
        not_null: Vec::new(),
    })
}

fn create_table(reader: &Reader<'_>, created: &ast::CreateTable) -> Option<Effect> {
    let partition_of = match created.partition_of() {
        Some(of) => {
            let parent = reader.reference(of.table_name_ref()?.syntax());
            let bounds = created.partition_type()?;
            Some((parent, alter_table::partition_bounds(reader, &bounds)?))
        }
        None => None,
    };
    let parents = created.inherits();
    let arguments = created.table_arg_list();
    let mut not_null = Vec::new();
    for argument in arguments.iter().flat_map(ast::TableArgList::args) {
        let ast::TableArg::Column(column) = argument else {
            continue;
        };
        let is_not_null = column.clauses().any(|clause| {
            matches!(
                clause,
                ast::ColumnClause::ColumnConstraint(ast::ColumnConstraint::NotNullConstraint(_))
            )
        });
        if is_not_null {
            not_null.extend(reader.name(column.name()));
        }
    }
    Some(Effect::CreateTable(CreatedTable {
        name: reader.reference(created.table_name()?.syntax()),
        if_not_exists: created.if_not_exists().is_some() && !is_temporary(created.persistence()),
        from_query: false,
        partition_of,
        inherits: reader.references(parents.iter().flat_map(ast::Inherits::table_name_refs)),
        not_null,
    }))
}

fn create_index(reader: &Reader<'_>, created: &ast::CreateIndex) -> Option<Effect> {
    let element = |item: ast::PartitionItem| {
        let written = item.expr()?;
        // A `COLLATE` is part of the expression.
        let expression = reader.expression(written.syntax());
        let column = ast::NameRef::can_cast(written.syntax().kind());
        Some(IndexElement {
            column: column
                .then(|| reader.cursor(written.syntax()).identifier())
                .flatten()
                .map(|name| name.name),
            expression,
        })
    };
    let items = created.partition_item_list()?.partition_items();
    let condition = created.where_clause();
    Some(Effect::CreateIndex(NewIndex {
        name: reader.name(created.index()),
        table: reader.reference(created.table_relation_name()?.syntax()),
        unique: created.unique_token().is_some(),
        concurrently: created.concurrently_token().is_some(),
        if_not_exists: created.if_not_exists().is_some(),
        elements: items.map(element).collect::<Option<_>>()?,
        condition: condition.and_then(|clause| reader.maybe(clause.expr())),
        nulls_not_distinct: matches!(
            created.nulls_distinct_option(),
            Some(ast::NullsDistinctOption::NullsNotDistinct(_))
        ),
    }))
}

fn create_type(reader: &Reader<'_>, created: &ast::CreateType) -> Option<Effect> {
    let name = reader.reference(created.type_name()?.syntax());
    let Some(ast::CreateTypeKind::EnumType(labels)) = created.kind() else {
        return Some(Effect::CreateType(name));
    };
    let labels = labels.variant_list()?.variants();
    let labels = labels.map(|label| reader.string(label.syntax()));
    // Labels that cannot be read make it a type like any other.
    match labels.collect::<Option<Vec<_>>>() {
        Some(labels) => Some(Effect::CreateEnum { name, labels }),
        None => Some(Effect::CreateType(name)),
    }
}

fn alter_type(reader: &Reader<'_>, altered: &ast::AlterType) -> Option<Effect> {
    let name = reader.reference(altered.type_name_ref()?.syntax());
    let action = match altered.action()? {
        AlterTypeAction::AddValue(added) => {
            TypeAction::AddValue(reader.string(added.literal()?.syntax())?)
        }
        AlterTypeAction::RenameValue(renamed) => TypeAction::RenameValue {
            from: reader.string(renamed.from()?.syntax())?,
            to: reader.string(renamed.to()?.syntax())?,
        },
        AlterTypeAction::TypeRenameTo(renamed) => {
            TypeAction::RenameTo(reader.name(renamed.type_name())?)
        }
        AlterTypeAction::SetSchema(moved) => {
            TypeAction::SetSchema(reader.name(moved.schema_ref())?)
        }
        AlterTypeAction::AlterTypeAttributeActionList(_) => TypeAction::Attributes,
        AlterTypeAction::OwnerTo(_)
        | AlterTypeAction::RenameAttribute(_)
        | AlterTypeAction::SetOptions(_) => TypeAction::Harmless,
    };
    Some(Effect::AlterType { name, action })
}

fn alter_domain(reader: &Reader<'_>, altered: &ast::AlterDomain) -> Option<Effect> {
    let name = reader.reference(altered.domain_ref()?.syntax());
    let action = match altered.action()? {
        AlterDomainAction::SetNotNull(_) => DomainAction::SetNotNull,
        AlterDomainAction::AddConstraint(added) => {
            let written = added.constraint()?;
            if is_not_null(&written) {
                DomainAction::SetNotNull
            } else {
                DomainAction::AddConstraint(Box::new(constraint(reader, &written, None)?))
            }
        }
        AlterDomainAction::ValidateConstraint(validated) => {
            DomainAction::ValidateConstraint(reader.name(validated.constraint_name_ref())?)
        }
        AlterDomainAction::DomainRenameTo(renamed) => {
            DomainAction::RenameTo(reader.name(renamed.domain())?)
        }
        AlterDomainAction::SetSchema(moved) => {
            DomainAction::SetSchema(reader.name(moved.schema_ref())?)
        }
        AlterDomainAction::DropConstraint(_)
        | AlterDomainAction::DropDefault(_)
        | AlterDomainAction::DropNotNull(_)
        | AlterDomainAction::OwnerTo(_)
        | AlterDomainAction::RenameConstraint(_)
        | AlterDomainAction::SetDefault(_) => DomainAction::Harmless,
    };
    Some(Effect::AlterDomain { name, action })
}
