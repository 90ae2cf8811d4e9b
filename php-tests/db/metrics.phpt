--TEST--
Db: the pools of the configuration among the metrics, and health checks that ask them
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, temp_path};
use HighperTest\Server;

mkdir(temp_path('config'));
file_put_contents(temp_path('config/db.php'), "<?php return ['url' => 'sqlite::memory:', 'reports' => ['url' => 'sqlite:" . temp_path('r.db') . "']];");
$server = Server::start(<<<'PHP'
    <?php
    use Highper\{Application, Db};
    use Highper\Attribute\Inject;
    exit(Application::create($argv[2])
        ->metrics('/metrics')
        ->get('/', fn (Db $db, #[Inject('db.reports')] Db $reports) => [$db->fetchValue('SELECT 1'), $reports->fetchValue('SELECT 2'), $db->fetchValue('SELECT 3')])
        ->run([$argv[0], '--workers', '1']));
    PHP, [temp_path('')]);
check('asked', [$server->get('/')->json(), $server->get('/')->json()], [[1, 2, 3], [1, 2, 3]]);
$lines = array_values(preg_grep('~^(# TYPE )?highper_db~', explode("\n", $server->get('/metrics')->body)));
sort($lines);
echo implode("\n", $lines), "\n";
check('end', $server->stop(), 0);

// Connections that stay are made before somebody needs one.
file_put_contents(temp_path('config/db.php'), "<?php return ['url' => 'sqlite::memory:', 'reports' => ['url' => 'sqlite:" . temp_path('r.db') . "', 'pool' => ['min' => 3]], 'gone' => ['url' => 'mysql://127.0.0.1:1/x', 'pool' => ['min' => 1]]];");
$server = Server::start('<?php exit(Highper\Application::create($argv[2])->metrics("/metrics")->run([$argv[0], "--workers", "1"]));', [temp_path('')]);
HighperTest\wait_until(fn () => str_contains($server->get('/metrics')->body, 'highper_db_connections_idle{database="reports"} 3'), 'three connections');
HighperTest\wait_until(fn () => str_contains($server->log(), 'no connection was made ahead of its need: cannot connect to mysql://root@127.0.0.1:1/x'), 'the log says what can not be had');
check('end', $server->stop(), 0);
?>
--EXPECT--
ok: asked
# TYPE highper_db_connections_idle gauge
# TYPE highper_db_connections_taken gauge
# TYPE highper_db_refused_total counter
# TYPE highper_db_statements_total counter
# TYPE highper_db_waiting gauge
# TYPE highper_db_waits_total counter
highper_db_connections_idle{database="default"} 1
highper_db_connections_idle{database="reports"} 1
highper_db_connections_taken{database="default"} 0
highper_db_connections_taken{database="reports"} 0
highper_db_refused_total{database="default"} 0
highper_db_refused_total{database="reports"} 0
highper_db_statements_total{database="default"} 4
highper_db_statements_total{database="reports"} 2
highper_db_waiting{database="default"} 0
highper_db_waiting{database="reports"} 0
highper_db_waits_total{database="default"} 0
highper_db_waits_total{database="reports"} 0
ok: end
ok: end
