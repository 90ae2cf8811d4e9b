<?php
/**
 * Requests that ask a database: Highper\Db, or PDO in Swoole's PDOPool with all hooks. BENCH_DATABASE names the database:
 * {"driver": "mysql", "host": …, "port": …, "user": …, "database": …}.
 */

const FORTUNES = 12;

[$ini, $database] = [array_search('--listen', $argv), json_decode(getenv('BENCH_DATABASE'), true)];
$port = (int) substr(strrchr($argv[$ini + 1], ':'), 1);

function page(array $rows): string
{
    $rows[] = ['id' => 0, 'name' => 'Additional <fortune> added at request time.'];
    usort($rows, static fn (array $a, array $b): int => strcmp($a['name'], $b['name']));
    $html = '<!DOCTYPE html><html><head><title>Fortunes</title></head><body><table>';
    foreach ($rows as $row) {
        $html .= "<tr><td>{$row['id']}</td><td>" . htmlspecialchars($row['name']) . '</td></tr>';
    }

    return $html . '</table></body></html>';
}

if (extension_loaded('highper')) {
    $db = new Highper\Db(['pool' => ['max' => 64]] + $database);
    exit(Highper\Application::create(__DIR__)
        ->get('/notes/pid', static fn (): string => (string) getmypid())
        ->get('/row/{id}', static fn (int $id): array => $db->fetchOne('SELECT id, name FROM people WHERE id = ?', [$id]))
        ->get('/rows/{id}', static fn (int $id): array => $db->fetchAll('SELECT id, name FROM people WHERE id BETWEEN ? AND ?', [$id, $id + 19]))
        ->get('/fortunes/{id}', static fn (int $id): Highper\Http\Response => Highper\Http\Response::html(page($db->fetchAll('SELECT id, name FROM people WHERE id <= ?', [FORTUNES]))))
        ->get('/update/{id}', static fn (int $id): array => ['changed' => $db->execute('UPDATE people SET name = ? WHERE id = ?', ["the name of {$id}", $id])])
        ->run($argv));
}

$server = new Swoole\Http\Server('127.0.0.1', $port, SWOOLE_BASE);
$server->set(['worker_num' => 1, 'hook_flags' => SWOOLE_HOOK_ALL, 'log_level' => SWOOLE_LOG_WARNING]);
$pool = null;
$server->on('workerStart', static function () use (&$pool, $database): void {
    $config = (new Swoole\Database\PDOConfig())->withDriver($database['driver'] === 'postgres' ? 'pgsql' : 'mysql')->withHost($database['host'])
        ->withPort($database['port'])->withDbName($database['database'])->withUsername($database['user'])->withPassword('')
        ->withOptions([PDO::ATTR_EMULATE_PREPARES => false, PDO::ATTR_DEFAULT_FETCH_MODE => PDO::FETCH_ASSOC]);
    $database['driver'] === 'mysql' && $config->withCharset('utf8mb4');
    $pool = new Swoole\Database\PDOPool($config, 64);
});
$server->on('request', static function (Swoole\Http\Request $request, Swoole\Http\Response $response) use (&$pool): void {
    [, $what, $id] = explode('/', $request->server['request_uri']);
    if ($id === 'pid') {
        $response->end((string) getmypid());

        return;
    }
    $id = (int) $id;
    $pdo = $pool->get();
    [$sql, $values] = match ($what) {
        'row' => ['SELECT id, name FROM people WHERE id = ?', [$id]],
        'rows' => ['SELECT id, name FROM people WHERE id BETWEEN ? AND ?', [$id, $id + 19]],
        'fortunes' => ['SELECT id, name FROM people WHERE id <= ?', [FORTUNES]],
        'update' => ['UPDATE people SET name = ? WHERE id = ?', ["the name of {$id}", $id]],
    };
    $statement = $pdo->prepare($sql);
    $statement->execute($values);
    $result = match ($what) {
        'row' => $statement->fetch(),
        'update' => ['changed' => $statement->rowCount()],
        default => $statement->fetchAll(),
    };
    // It tells the server that it goes: that must not happen when somebody else has the connection.
    unset($statement);
    $pool->put($pdo);
    if ($what === 'fortunes') {
        $response->header('Content-Type', 'text/html; charset=utf-8');
        $response->end(page($result));

        return;
    }
    $response->header('Content-Type', 'application/json');
    $response->end(json_encode($result));
});
$server->start();
