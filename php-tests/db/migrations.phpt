--TEST--
Db: migrations: the commands, tables in the words of each database, what fails, and two that migrate at the same time
--SKIPIF--
<?php
require __DIR__ . '/../lib/test.php';
echo HighperTest\Database::missing('mariadbd', 'mariadb-install-db', 'initdb', 'postgres') ?: (extension_loaded('pdo_mysql') && extension_loaded('pdo_pgsql') ? '' : 'skip pdo_mysql or pdo_pgsql is missing');
?>
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function Highper\{async, await, scope};
use function HighperTest\{check, temp_path};
use Highper\Db;
use Highper\Db\{Migrator, Schema, Table};

$error = function (callable $do): string { try { $do(); return 'nothing'; } catch (Throwable $e) { return $e::class . ' ' . str_replace(temp_path(''), '', $e->getMessage()); } };
mkdir($folder = temp_path('migrations'));
$write = fn (string $name, string $up, string $down = '') => file_put_contents("{$folder}/{$name}.php", "<?php use Highper\\Db\\{Expression, Migration, Schema, Table}; return new class extends Migration { public function up(Schema \$schema): void { {$up} } " . ($down === '' ? '' : "public function down(Schema \$schema): void { {$down} }") . ' };');
$write('2026_01_01_000000_create_owners', '$schema->create("owners", function (Table $t) { $t->id(); $t->string("name", 50)->unique(); });', '$schema->drop("owners");');
$write('2026_01_02_000000_create_notes', '$schema->create("notes", function (Table $t) { $t->id(); $t->foreignId("owner_id")->nullable()->constrained()->cascadeOnDelete(); $t->string("title")->index(); $t->text("body")->nullable();
    $t->decimal("price", 10, 2)->default("1.50"); $t->boolean("open")->default(true); $t->json("data")->nullable(); $t->dateTime("made_at")->useCurrent(); $t->enum("state", ["new", "old"])->default("new"); $t->integer("n")->default(7)->comment("how many");
    $t->uuid("key")->nullable(); $t->binary("blob")->nullable(); $t->float("f")->nullable(); $t->date("day")->nullable(); $t->timestamps(); $t->unique("owner_id", "title"); });', '$schema->drop("notes");');
$write('2026_01_03_000000_change_notes', '$schema->table("notes", function (Table $t) { $t->string("colour", 20)->nullable()->index(); $t->renameColumn("n", "many"); $t->dropIndex("title"); $t->dropColumn("f"); });', '$schema->table("notes", function (Table $t) { $t->dropIndex("colour"); $t->dropColumn("colour"); $t->renameColumn("many", "n"); $t->float("f")->nullable(); $t->index("title"); });');

function all(Db $db, string $folder, callable $error, callable $write): void
{
    $what = $db->driver();
    $is = fn (string $sentence, mixed $got, mixed $wanted = true) => check("{$what}: {$sentence}", $got, $wanted);
    [$migrator, $schema] = [new Migrator($db, $folder), new Schema($db)];
    $names = ['2026_01_01_000000_create_owners', '2026_01_02_000000_create_notes', '2026_01_03_000000_change_notes'];
    $is('to be done', $migrator->status(), array_fill_keys($names, 0));
    $told = [];
    $is('two of them', [$migrator->migrate(function (string $name) use (&$told) { $told[] = $name; }, 2), $told], [array_slice($names, 0, 2), array_slice($names, 0, 2)]);
    $owner = $db->table('owners')->insertGetId(['name' => 'ann']);
    $db->table('notes')->insert(['owner_id' => $owner, 'title' => 'one']);
    $row = $db->table('notes')->first();
    $is('defaults', [(float) $row['price'], (bool) $row['open'], $row['state'], $row['n'], $row['made_at'] !== null, $row['created_at']], [1.5, true, 'new', 7, true, null]);
    $is('keys', [$error(fn () => $db->table('notes')->insert(['owner_id' => $owner, 'title' => 'one'])) !== 'nothing', $error(fn () => $db->table('notes')->insert(['owner_id' => 99, 'title' => 'x'])) !== 'nothing', $error(fn () => $db->table('notes')->insert(['title' => 'x', 'state' => 'no'])) !== 'nothing'], [true, true, true]);
    $is('the rest', [$migrator->migrate(), $migrator->migrate(), $schema->hasColumn('notes', 'colour'), $schema->hasColumn('notes', 'n'), $schema->hasTable('notes'), $schema->hasTable('none')], [[$names[2]], [], true, false, true, false]);
    $is('done', $migrator->status(), [$names[0] => 1, $names[1] => 1, $names[2] => 2]);
    $is('undone', [$migrator->rollback(), $schema->hasColumn('notes', 'n'), $migrator->rollback(steps: 1), $schema->hasTable('notes'), $migrator->rollback(), $migrator->rollback()], [[$names[2]], true, [$names[1]], false, [$names[0]], []]);
    $write('2026_01_04_000000_fail', '$schema->create("half", fn (Table $t) => $t->id()); $schema->statement("SELECT * FROM nowhere");');
    $is('fails', preg_replace('~(?<=up\(\): ).*~', '…', $error(fn () => $migrator->migrate())), 'RuntimeException the migration 2026_01_04_000000_fail failed in up(): …');
    $is('what went well stays, and nothing of what failed where the database can', [array_filter($migrator->status()) === array_fill_keys($names, 1), $what === 'mysql' || ! $schema->hasTable('half')], [true, true]);
    unlink("{$folder}/2026_01_04_000000_fail.php");
    $schema->dropIfExists('half');
    $is('no way back', $error(function () use ($migrator, $write) { $write('2026_01_05_000000_once', '$schema->statement("SELECT 1");'); $migrator->migrate(); $migrator->rollback(steps: 1); }), 'RuntimeException the migration 2026_01_05_000000_once failed in down(): this migration has no down(), so it can\'t be undone');
    unlink("{$folder}/2026_01_05_000000_once.php");
    $is('a file that is gone', $error(fn () => $migrator->rollback(steps: 1)), 'RuntimeException there is no file for the migration 2026_01_05_000000_once in migrations, so it can\'t be undone');
    $db->table('migrations')->where('migration', '2026_01_05_000000_once')->delete();
    $migrator->rollback();
    $is('two at the same time', [array_sum(array_map(fn ($task) => count(await($task)), [async(fn () => $migrator->migrate()), async(fn () => $migrator->migrate())])), count($migrator->status())], [3, 3]);
    $migrator->rollback();
}

scope(function () use ($folder, $error, $write) {
    all(new Db('sqlite:' . temp_path('m.db')), $folder, $error, $write);
    $mysql = HighperTest\Database::mariaDb();
    all(new Db('mysql://root@localhost/test?socket=' . temp_path('mariadb.sock')), $folder, $error, $write);
    $postgres = HighperTest\Database::postgres();
    all(new Db('postgres://test@localhost/postgres?host=' . temp_path('postgres')), $folder, $error, $write);
    $db = new Db('sqlite::memory:');
    $migrator = new Migrator($db, temp_path('new'));
    foreach (['CreateTags', 'add colour to tags', 'x'] as $name) {
        $file = $migrator->make($name, new DateTimeImmutable('2026-02-03 04:05:06'));
        exec(escapeshellarg(PHP_BINARY) . ' -n -l ' . escapeshellarg($file), $said, $code);
        check("made {$name}", [basename($file), $code], [['CreateTags' => '2026_02_03_040506_create_tags.php', 'add colour to tags' => '2026_02_03_040506_add_colour_to_tags.php', 'x' => '2026_02_03_040506_x.php'][$name], 0]);
    }
    echo $error(fn () => $migrator->make('create_tags')), "\n", $error(fn () => $migrator->make('?')), "\n";
    file_put_contents(temp_path('new/2026_01_01_000000_none.php'), '<?php return 5;');
    echo $error(fn () => $migrator->migrate()), "\n";
    echo $error(fn () => (new Schema($db))->create('empty', fn (Table $t) => null)), "\n";
    echo $error(fn () => (new Schema($db))->create('t', fn (Table $t) => $t->foreignId('a')->constrained()->onDelete('explode'))), "\n";
});
?>
--EXPECT--
ok: sqlite: to be done
ok: sqlite: two of them
ok: sqlite: defaults
ok: sqlite: keys
ok: sqlite: the rest
ok: sqlite: done
ok: sqlite: undone
ok: sqlite: fails
ok: sqlite: what went well stays, and nothing of what failed where the database can
ok: sqlite: no way back
ok: sqlite: a file that is gone
ok: sqlite: two at the same time
ok: mysql: to be done
ok: mysql: two of them
ok: mysql: defaults
ok: mysql: keys
ok: mysql: the rest
ok: mysql: done
ok: mysql: undone
ok: mysql: fails
ok: mysql: what went well stays, and nothing of what failed where the database can
ok: mysql: no way back
ok: mysql: a file that is gone
ok: mysql: two at the same time
ok: postgres: to be done
ok: postgres: two of them
ok: postgres: defaults
ok: postgres: keys
ok: postgres: the rest
ok: postgres: done
ok: postgres: undone
ok: postgres: fails
ok: postgres: what went well stays, and nothing of what failed where the database can
ok: postgres: no way back
ok: postgres: a file that is gone
ok: postgres: two at the same time
ok: made CreateTags
ok: made add colour to tags
ok: made x
ValueError there is a migration of this name: 2026_02_03_040506_create_tags
ValueError a migration needs a name such as create_notes
RuntimeException new/2026_01_01_000000_none.php must return an object of a class that extends Highper\Db\Migration, it returns int
LogicException the table empty needs columns
ValueError what a row does with another one must be cascade, set null, set default, restrict or no action, 'EXPLODE' given
