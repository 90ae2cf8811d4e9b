--TEST--
A PDO object of an application's workers: made before the fork, after a fatal error, on the list of who has connections
--EXTENSIONS--
highper
pdo_mysql
--SKIPIF--
<?php require __DIR__ . '/../lib/test.php'; echo HighperTest\Database::missing('mariadbd', 'mariadb-install-db'); ?>
--TIMEOUT--
60
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use HighperTest\{Database, HttpClient, Server};
use function HighperTest\{check, wait_until};

$database = Database::mariaDb();
$database->pdo()->exec('CREATE TABLE t (v INT) ENGINE=InnoDB');
$server = Server::start(<<<'PHP'
    <?php
    use Highper\Application;
    use Highper\Http\Response;
    $app = Application::create(__DIR__)->settings(['pdo_pool' => 3]);
    $pdo = new PDO(getenv('DSN'), 'root', '');
    $before = (int) $pdo->query('SELECT CONNECTION_ID()')->fetchColumn();
    $app->get('/id', function () use ($pdo, $before) {
        $id = (int) $pdo->query('SELECT CONNECTION_ID() + 0 * SLEEP(0.05)')->fetchColumn();
        return json_encode([getmypid(), $id, $before]);
    });
    $app->get('/fatal', function () use ($pdo) {
        $pdo->beginTransaction();
        $pdo->exec('INSERT INTO t VALUES (1)');
        require __DIR__ . '/is/not/there.php';
        trigger_error('the end', E_USER_ERROR);
    });
    $app->get('/throws', function () use ($pdo) {
        $pdo->beginTransaction();
        $pdo->exec('INSERT INTO t VALUES (1)');
        throw new Exception('no');
    });
    $app->get('/count', fn () => $pdo->query('SELECT COUNT(*) FROM t')->fetchColumn() . ($pdo->inTransaction() ? ' in' : ''));
    $app->get('/inspect', function () use ($pdo) {
        $pdo->query('SELECT 1');
        Swoole\Coroutine\go(function () use ($pdo) {
            $pdo->query('SELECT 2');
            usleep(500_000);
        });
        usleep(500_000);
        return (string) getmypid();
    });
    exit($app->run([$argv[0], '--listen', "127.0.0.1:{$argv[1]}", '--workers', '2']));
    PHP, environment: ['DSN' => $database->dsn]);

$clients = array_map(static fn () => new HttpClient($server->port), range(1, 12));
foreach ($clients as $client) {
    $client->send('GET', '/id');
}
$by = [];
$foreign = 0;
foreach ($clients as $client) {
    [$process, $id, $before] = json_decode($client->receive()->body);
    $by[$process][$id] = true;
    $foreign += (int) ($id === $before);
}
check('nobody uses a connection from before the fork', $foreign, 0);
check('at most three in a worker', max(array_map(count(...), $by)) <= 3);
check('the workers share none', count(array_merge(...array_map(array_keys(...), $by))), count(array_unique(array_merge(...array_map(array_keys(...), $by)))));

($slow = new HttpClient($server->port))->send('GET', '/inspect');
usleep(200_000);
$said = implode('', array_map(Highper\inspect(...), array_keys($by)));
check('who has connections, and since when', preg_match('~pool of mysql:.*: 2 of 3 connections in use, \d idle, 0 coroutines wait;.*\n(  coroutine \d+ has one since \d+(\.\d+)? ms, taken at .*:\d+\n){2}~', $said) === 1
    || ! isset($by[(int) $slow->receive()->body]) ?: $said);
unset($slow);
check('an exception', $server->get('/throws')->status, 500);
check('leaves nothing', $server->get('/count')->body, '0');
check('a fatal error', $server->get('/fatal')->status, 500);
check('leaves nothing', wait_until(static fn () => $server->get('/count')->body === '0', 'an empty table'));
$server->stop();
?>
--EXPECT--
ok: nobody uses a connection from before the fork
ok: at most three in a worker
ok: the workers share none
ok: who has connections, and since when
ok: an exception
ok: leaves nothing
ok: a fatal error
ok: leaves nothing
