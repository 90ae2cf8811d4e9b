--TEST--
The notes example on MariaDB and PostgreSQL, as DATABASE_URL says
--EXTENSIONS--
highper
pdo_mysql
pdo_pgsql
--CONFLICTS--
all
--TIMEOUT--
60
--SKIPIF--
<?php require __DIR__ . '/../lib/test.php'; echo HighperTest\Database::missing('mariadbd', 'mariadb-install-db', 'postgres', 'initdb'); ?>
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, temp_path};
use HighperTest\{Database, Server};

$bootstrap = var_export(dirname(__DIR__, 2) . '/examples/notes/bootstrap/app.php', true);
foreach (['MariaDB' => Database::mariaDb(...), 'PostgreSQL' => Database::postgres(...)] as $name => $start) {
    $database = $start();
    preg_match('~(?:unix_socket|host)=([^;]+);dbname=(\w+)~', $database->dsn, $found);
    [, $socket, $base] = $found;
    $url = $name === 'MariaDB' ? "mysql://root@localhost/{$base}?socket={$socket}" : "postgres://test@localhost/{$base}?socket={$socket}/.s.PGSQL.5432";
    $server = Server::start("<?php exit((require {$bootstrap})->run([\$argv[0], '--workers', '1']));", environment: ['DATABASE_URL' => $url]);
    $send = fn (string $method, string $path, array $body = []) => $server->request($method, $path, $body ? json_encode($body) : '', ['Content-Type' => 'application/json']);
    check("{$name}: empty", $server->get('/api/notes')->json(), ['items' => [], 'total' => 0, 'page' => 1, 'pages' => 1]);
    $answer = $send('POST', '/api/notes', ['title' => 'Milk', 'body' => 'two <litres> 🥛']);
    check("{$name}: created", [$answer->status, $answer->header('Location'), $answer->json()['body']], [201, '/api/notes/1', 'two <litres> 🥛']);
    $send('POST', '/api/notes', ['title' => 'Bread', 'body' => '100 %']);
    check("{$name}: edited", $send('PUT', '/api/notes/1', ['title' => 'Oat milk', 'body' => 'x'])->json()['title'], 'Oat milk');
    check("{$name}: found", array_map(fn ($q) => array_column($server->get("/api/notes?q={$q}")->json()['items'], 'id'), ['OAT', '0%20%25', '_']), [[1], [2], []]);
    check("{$name}: a page of them", [array_sum(array_map(fn ($page) => $server->get("/api/notes?page={$page}&size=1")->json()['items'][0]['id'], [1, 2])), $server->get('/api/stats')->json()['notes']], [3, 2]);
    check("{$name}: a page of one", str_contains($server->get('/notes/1')->body, '<h1>Oat milk</h1>'));
    check("{$name}: deleted", [$send('DELETE', '/api/notes/1')->status, $send('DELETE', '/api/notes/1')->status, $server->get('/api/notes/1')->json()['detail']], [204, 404, 'There is no note 1']);
    check("{$name}: end", $server->stop(), 0);
    unset($database);
}
?>
--EXPECT--
ok: MariaDB: empty
ok: MariaDB: created
ok: MariaDB: edited
ok: MariaDB: found
ok: MariaDB: a page of them
ok: MariaDB: a page of one
ok: MariaDB: deleted
ok: MariaDB: end
ok: PostgreSQL: empty
ok: PostgreSQL: created
ok: PostgreSQL: edited
ok: PostgreSQL: found
ok: PostgreSQL: a page of them
ok: PostgreSQL: a page of one
ok: PostgreSQL: deleted
ok: PostgreSQL: end
