//! Cases of what is read of the uses of rows.

use crate::facts::{RowUsage, RowUse};
use crate::typescript::test_utils::read_in_all_roles;

const HEAD: &str = "import { z } from 'zod'; import { pgTable, text } from 'drizzle-orm/pg-core';
    export const users = pgTable('users', { id: text('id').primaryKey() });
    export const UserSchema = z.object({ id: z.string() });
    export const UsersSchema = z.array(UserSchema);
    export const NewUserSchema = z.object({ id: z.string() });
    export interface NewUser { id: string }
    ";

/// The uses in the code behind the declarations, each as one text.
fn uses(code: &str) -> Vec<String> {
    let file = format!("{HEAD}{code}");
    let facts = read_in_all_roles([("users.ts", file.as_str())]);
    let shown = |one: &RowUse| {
        let table = one.table.as_deref().unwrap_or("?");
        let usage = match &one.usage {
            RowUsage::ParsesRows => "parses",
            RowUsage::Inserted => "inserted",
            RowUsage::Written => "written",
            RowUsage::Fetched => "fetched",
            RowUsage::Read(field) => return format!("{} reads {field}", one.declaration.name),
            RowUsage::Selected(fields) => {
                let held = |(name, column): &(String, Option<String>)| {
                    format!("{name}={}", column.as_deref().unwrap_or("?"))
                };
                let fields: Vec<String> = fields.iter().map(held).collect();
                return format!("{} of {table}: {}", one.declaration.name, fields.join(" "));
            }
        };
        format!("{} {usage} {table}", one.declaration.name)
    };
    let of_rows = |one: &&RowUse| !matches!(one.usage, RowUsage::Read(_));
    facts.row_uses.iter().filter(of_rows).map(shown).collect()
}

#[test]
fn types_that_the_file_fetches_are_told_with_all_that_they_hold() {
    const GET: &str =
        "const getJson = async <T>(url: string): Promise<T> => (await fetch(url)).json() as T;";
    for (code, expected) in [
        (
            "type Team = { users: NewUser[] }; export const team = (id: string) => getJson<{ team: Team | null }>(`/teams/${id}`);",
            ["Team fetched ?", "NewUser fetched ?"].as_slice(),
        ),
        (
            "export const users = () => api.get<NewUser[]>('https://x.org/users');",
            &["NewUser fetched ?"],
        ),
        // It holds itself.
        (
            "interface Tree { children: Tree[] } export const tree = () => getJson<Tree>('/tree');",
            &["Tree fetched ?"],
        ),
        // No address.
        ("export const users = () => load<NewUser[]>('users');", &[]),
        (
            "export const users = () => load<NewUser[]>('/ users');",
            &[],
        ),
    ] {
        assert_eq!(uses(&format!("{GET}{code}")), expected, "{code}");
    }
}

#[test]
fn fields_are_read_by_themselves() {
    for (code, expected) in [
        (
            "@Controller('a') class A { @Put() put(@Body() data: NewUser) { const { id, ...rest } = data; return this.a(rest); } }",
            ["id"].as_slice(),
        ),
        (
            "@Controller('a') class A { @Put() put(@Body() data: NewUser) { return this.a(data.id); } }",
            &["id"],
        ),
        (
            "@Controller('a') class A { @Put() put(@Body() data: NewUser) { return this.a(data); } }",
            &[],
        ),
    ] {
        let file = format!("{HEAD}{code}");
        let facts = read_in_all_roles([("users.ts", file.as_str())]);
        let read = facts.row_uses.iter().filter_map(|one| match &one.usage {
            RowUsage::Read(field) => Some(field.as_str()),
            _ => None,
        });
        assert_eq!(read.collect::<Vec<_>>(), expected, "{code}");
    }
}

#[test]
fn schemas_parse_rows_of_queries() {
    for code in [
        "async function a() { const x = await db.select().from(users); return UserSchema.parse(x[0]); }",
        "async function a() { const [x] = await db.select().from(users).where(y); if (x) { return UserSchema.safeParse(x); } }",
        "async function a() { return (await db.select().from(users)).map((row) => UserSchema.parse(row)); }",
        "async function a() { for (const row of await db.select().from(users)) { UserSchema.parse(row); } }",
        "const a = () => db.select().from(users).then((rows) => z.array(UserSchema).parse(rows));",
        "class A { async a() { return UsersSchema.parse(await this.db.insert(users).values({}).returning()); } }",
        "async function a() { const rows = await db.selectFrom('users as u').selectAll().execute(); return rows.map(UserSchema.parse); }",
        "async function a() { const { data } = await supabase.from('users').select('*').single(); return UserSchema.parse(data); }",
    ] {
        assert_eq!(uses(code), ["UserSchema parses users"], "{code}");
    }
    for code in [
        "async function a() { const { rows } = await pool.query('SELECT * FROM users'); return UserSchema.parse(rows[0]); }",
        "async function a() { const rows = await sql`select * from users where id = ${id}`; return UserSchema.parse(rows.at(0)); }",
        "async function a() { return UserSchema.parse(await db.query.users.findFirst()); }",
        "async function a() { return UserSchema.parse(await prisma.user.findUnique({ where: { id } })); }",
    ] {
        assert_eq!(uses(code), ["UserSchema parses ?"], "{code}");
    }
}

#[test]
fn values_are_written() {
    for (code, expected) in [
        (
            "async function a(user: NewUser) { await db.insert(users).values(user).returning(); }",
            "NewUser inserted users",
        ),
        (
            "async function a(list: NewUser[]) { await db.insertInto('users').values(list).execute(); }",
            "NewUser inserted users",
        ),
        (
            "async function a(req) { const user = NewUserSchema.parse(req.body); await db.insert(users).values(user); }",
            "NewUserSchema inserted users",
        ),
        (
            "async function a(req) { const { data } = NewUserSchema.safeParse(req.body); await db('users').insert(data); }",
            "NewUserSchema inserted users",
        ),
        (
            "async function a(req) { await db.insert(users).values({ ...NewUserSchema.parse(req.body), teamId }); }",
            "NewUserSchema written users",
        ),
        (
            "async function a(user: NewUser) { await db.update(users).set(user); }",
            "NewUser written users",
        ),
        (
            "async function a(user: NewUser) { await pool.query('INSERT INTO users (id) VALUES ($1)', [user.id]); }",
            "NewUser written users",
        ),
    ] {
        assert_eq!(uses(code), [expected], "{code}");
    }
}

#[test]
fn types_are_made_of_what_queries_list() {
    for (code, expected) in [
        (
            "async function a(): Promise<NewUser[]> { const r = await pool.query(`SELECT id AS key, to_char(made, 'a') AS made FROM users`); return r.rows.map((x) => ({ id: x.key, made: x.made, more: Number(x.key) })); }",
            "NewUser of users: id=id made=? more=?",
        ),
        (
            "const COLUMNS = 'id, name'; async function a(): Promise<NewUser | null> { const rows = await one(db, `SELECT ${COLUMNS} FROM audit.users WHERE id = ${id}`); if (!rows) return null; return { id: rows.id as string, ...(rows.name ? { name: rows.name } : {}) }; }",
            "NewUser of audit.users: id=id name=?",
        ),
        (
            "async function a() { const { rows } = await pool.query<{ id: string }>('SELECT id FROM users'); const list: NewUser[] = rows.map(({ id }) => ({ id })); return list; }",
            "NewUser of users: id=id",
        ),
        (
            "async function a(): Promise<{ items: NewUser[]; total: number }> { const { rows } = await pool.query('SELECT id FROM users'); return { items: rows.map(made), total: 1 }; } function made(row: any) { return { id: row.id }; }",
            "NewUser of users: id=id",
        ),
        (
            "class A { async a() { const list: NewUser[] = []; for (const row of (await pool.query('SELECT id FROM users')).rows) list.push({ id: row.id }); return list; } }",
            "NewUser of users: id=id",
        ),
        (
            "const a = async () => (await pool.query<NewUser>('SELECT u.user_id AS id, t.name FROM users u JOIN teams t ON true')).rows;",
            "NewUser of users: id=user_id name=?",
        ),
        (
            "const a = async (b): Promise<NewUser[]> => { const r = b ? await pool.query('SELECT id FROM users WHERE b = $1', [b]) : await pool.query('SELECT id FROM users'); return r.rows as NewUser[]; };",
            "NewUser of users: id=id",
        ),
        (
            "const a = () => pool.query<NewUser>('SELECT * FROM users');",
            "NewUser parses users",
        ),
        (
            "async function a(args: { items: NewUser[] }) { for (const item of args.items) { await run(db, 'INSERT INTO users (id) VALUES ($1)', [item.id ?? null]); } }",
            "NewUser written users",
        ),
    ] {
        assert_eq!(uses(code), [expected], "{code}");
    }
}

#[test]
fn what_is_not_known_is_no_use() {
    for code in [
        // Not of a query.
        "async function a(req) { return UserSchema.parse(req.body); }",
        // Assigned later.
        "async function a() { let x = await db.select().from(users); x = other; return UserSchema.parse(x[0]); }",
        // Another schema of that name.
        "async function a() { const UserSchema = other(); return UserSchema.parse((await db.select().from(users))[0]); }",
        // Each row of a join holds a row of each table.
        "async function a() { const x = await db.select().from(users).leftJoin(teams, y); return UserSchema.parse(x[0]); }",
        // A part of the row.
        "async function a() { const [x] = await db.select().from(users); return UserSchema.parse(x.settings); }",
        // Columns may be expressions under their names.
        "async function a() { const { rows } = await pool.query(\"SELECT id, coalesce(name, '') AS name FROM users\"); return UserSchema.parse(rows[0]); }",
        "async function a() { const x = await db.select({ id: users.id }).from(users); return UserSchema.parse(x[0]); }",
        "async function a() { const x = await db.selectFrom('users').select(['id']).execute(); return UserSchema.parse(x[0]); }",
        // Not a table.
        "async function a(user: NewUser) { await queue.insert(jobs).values(user); map.set(user); }",
        // Another value of that name.
        "async function a(user: NewUser) { items.forEach((user) => db.insert(users).values(user)); }",
    ] {
        assert_eq!(uses(code), Vec::<String>::new(), "{code}");
    }
}
