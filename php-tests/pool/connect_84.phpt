--TEST--
PDO::connect() of PHP 8.4 gives an object that stands for a pool, of the driver's own class
--EXTENSIONS--
highper
pdo_mysql
pdo_sqlite
--INI--
highper.pdo_pool=4
--SKIPIF--
<?php require __DIR__ . '/../lib/test.php'; echo PHP_VERSION_ID < 80400 ? 'skip PHP has no PDO::connect()' : HighperTest\Database::missing('mariadbd', 'mariadb-install-db'); ?>
--TIMEOUT--
60
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use HighperTest\Database;
use function HighperTest\check;
use function Swoole\Coroutine\{batch, run};

class Mine extends Pdo\Mysql
{
    public bool $constructed = false;
    public function __construct() { $this->constructed = true; }
}
$database = Database::mariaDb();
run(static function () use ($database) {
    $wrong = static function (Closure $call): string { try { $call(); return 'nothing'; } catch (Throwable $e) { return $e->getMessage(); } };
    foreach (['PDO' => 'Pdo\Mysql', 'Pdo\Mysql' => 'Pdo\Mysql', 'Mine' => 'Mine'] as $called => $class) {
        $pdo = $called::connect($database->dsn, $database->user, '', [PDO::ATTR_DEFAULT_FETCH_MODE => PDO::FETCH_NUM]);
        check("{$called}: its class", $pdo::class, $class);
        // 20 at once share the few that the pool may have, and each keeps its own to its end.
        $rows = batch(array_fill(0, 20, static function () use ($pdo) {
            $one = $pdo->query('SELECT CONNECTION_ID(), SLEEP(0.01)')->fetch()[0];
            return [$one, $pdo->query('SELECT CONNECTION_ID()')->fetch()[0] === $one, $pdo->getWarningCount()];
        }));
        $connections = count(array_unique(array_column($rows, 0)));
        check("{$called}: connections", $connections > 1 && $connections <= 4 ?: $connections);
        check("{$called}: each has one", array_unique(array_map(static fn ($row) => [$row[1], $row[2]], $rows), SORT_REGULAR), [[true, 0]]);
    }
    check('a constructor is not called', $pdo->constructed, false);
    check('another driver', PDO::connect('sqlite::memory:')->query('SELECT 5')->fetchColumn(), 5);
    check('the wrong class', str_contains($wrong(static fn () => Pdo\Sqlite::connect($database->dsn)), 'Pdo\Sqlite::connect() cannot be used for connecting to the "mysql" driver'));
    check('no data source', str_contains($wrong(static fn () => PDO::connect()), 'expects at least 1 argument'));
    check('a wrong password', str_contains($wrong(static fn () => PDO::connect($database->dsn, 'nobody', 'wrong')->query('SELECT 1')), 'Access denied'));
});
?>
--EXPECT--
ok: PDO: its class
ok: PDO: connections
ok: PDO: each has one
ok: Pdo\Mysql: its class
ok: Pdo\Mysql: connections
ok: Pdo\Mysql: each has one
ok: Mine: its class
ok: Mine: connections
ok: Mine: each has one
ok: a constructor is not called
ok: another driver
ok: the wrong class
ok: no data source
ok: a wrong password
