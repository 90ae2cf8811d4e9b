--TEST--
PostgreSQL: one coroutine at a time, no answer of a cancelled query, statements that go while another one works
--EXTENSIONS--
highper
pdo_pgsql
pgsql
--CONFLICTS--
all
--TIMEOUT--
60
--SKIPIF--
<?php require __DIR__ . '/../lib/test.php'; echo HighperTest\Daemon::missing('postgres', 'initdb', 'setpriv'); ?>
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use Swoole\Coroutine;
use function Swoole\Coroutine\{go, run};

$daemon = HighperTest\Services::postgreSql(20);
$host = dirname($daemon->socket);

function failed(callable $call): string
{
    try {
        return 'returned ' . json_encode(@$call());
    } catch (Throwable $thrown) {
        return $thrown::class . ': ' . preg_replace('~^(SQLSTATE\[HY000\]: General error: 7 )?(\S+) in coroutine#.*~s', '$1$2', $thrown->getMessage());
    }
}

/** Cancels the call in the middle, and tells how it ended. */
function cancelled(callable $call): string
{
    $ended = null;
    $id = go(static function () use ($call, &$ended) { $ended = failed($call); });
    usleep(50_000);
    Coroutine::cancel($id);
    HighperTest\wait_until(static function () use (&$ended) { return $ended !== null; }, 'its end');

    return $ended;
}

run(static function () use ($host) {
    $pdo = new PDO("pgsql:host={$host};dbname=postgres", 'postgres');
    $got = [];
    go(static function () use ($pdo, &$got) {
        usleep(20_000);
        // libpq is asked when it is executed.
        $statement = $pdo->prepare('SELECT 2');
        $got[] = failed(static fn () => $statement->execute());
        $got[] = failed(static fn () => $pdo->query('SELECT 2'));
    });
    check('the query under way goes on', $pdo->query('SELECT 5, pg_sleep(0.1)')->fetchColumn(), 5);
    check('PDO', $got, ['PDOException: SQLSTATE[HY000]: General error: 7 PDOStatement::execute()', 'PDOException: SQLSTATE[HY000]: General error: 7 PDO::query()']);
    check('usable', $pdo->query('SELECT 3')->fetchColumn(), 3);

    $statement = $pdo->prepare('SELECT 4');
    $statement->execute();
    go(static function () use (&$statement) {
        usleep(20_000);
        $statement = null;
    });
    check('a statement goes meanwhile', $pdo->query('SELECT 6, pg_sleep(0.1)')->fetchColumn(), 6);
    usleep(20_000);
    check('and the next query gets its own answer', $pdo->query('SELECT 7')->fetchColumn(), 7);

    $ended = cancelled(static fn () => $pdo->query("SELECT 'old', pg_sleep(0.3)")->fetchColumn());
    check('cancelled', str_starts_with($ended, 'PDOException') ?: $ended);
    usleep(400_000);
    $next = failed(static fn () => $pdo->query("SELECT 'new'")->fetchColumn());
    check('nothing of it', $next === 'returned "new"' || str_starts_with($next, 'PDOException') ?: $next);

    $link = pg_connect("host={$host} user=postgres dbname=postgres");
    $got = [];
    go(static function () use ($link, &$got) {
        usleep(20_000);
        $got[] = failed(static fn () => pg_query($link, 'SELECT 2'));
        $got[] = failed(static fn () => pg_close($link));
    });
    check('the query under way goes on', pg_fetch_result(pg_query($link, 'SELECT 5, pg_sleep(0.1)'), 0, 0), '5');
    check('pgsql', $got, ['Swoole\Error: pg_query()', 'Swoole\Error: pg_close()']);
    cancelled(static fn () => pg_query($link, "SELECT 'old', pg_sleep(0.3)"));
    usleep(400_000);
    $next = failed(static fn () => pg_fetch_result(pg_query($link, "SELECT 'new'"), 0, 0));
    check('nothing of a cancelled one', $next === 'returned "new"' || ! str_contains($next, 'old') && ! str_starts_with($next, 'returned') ?: $next);
});
?>
--EXPECT--
ok: the query under way goes on
ok: PDO
ok: usable
ok: a statement goes meanwhile
ok: and the next query gets its own answer
ok: cancelled
ok: nothing of it
ok: the query under way goes on
ok: pgsql
ok: nothing of a cancelled one
