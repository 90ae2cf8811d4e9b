--TEST--
Settings of the server that the library sees to: figures in a file, as lines, JSON and PHP; options that do not exist
--EXTENSIONS--
highper
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use HighperTest\Server;

foreach (['txt', 'json', 'php'] as $kind) {
    $file = HighperTest\temp_path("stats.{$kind}");
    $server = Server::start(<<<'PHP'
        <?php
        $http = new Swoole\Http\Server('127.0.0.1', (int) $argv[1], SWOOLE_BASE);
        $http->set(['worker_num' => 2, 'stats_file' => $argv[2], 'stats_timer_interval' => 20]);
        $http->on('workerStart', function ($server, $id) { echo "worker {$id} " . ($server->stats_timer > 0 ? "writes" : "does not") . "\n"; });
        $http->on('request', function ($request, $response) { $response->end('x'); });
        $http->start();
        PHP, [$file]);
    $server->get('/');
    $stats = HighperTest\wait_until(static function () use ($file, $kind) {
        clearstatcache();
        $text = (string) @file_get_contents($file);
        $stats = match ($kind) {
            'json' => json_decode($text, true),
            'php' => str_ends_with($text, ";\n") ? include $file : null,
            default => preg_match_all('/^(\w+): (.*)$/m', $text, $lines) ? array_combine($lines[1], $lines[2]) : null,
        };
        return ($stats['request_count'] ?? 0) >= 1 ? $stats : null;
    }, 'the figures of a request');
    check($kind, [(int) $stats['worker_num'], (int) $stats['request_count']], [2, 1]);
    $server->waitForLog('worker 1 does not');
    check('one of the workers writes', substr_count($server->waitForLog('worker 0 writes'), ' writes'), 1);
    $start = microtime(true);
    $server->stop();
    check('it ends as others do', microtime(true) - $start < 2);
}
ob_start();
@Swoole\Server\Helper::checkOptions(['Worker_Num' => 1, 'nonsense' => 2]);
check('options', [error_get_last()['message'], ob_get_clean() !== ''], ['unsupported option [nonsense]', true]);
?>
--EXPECT--
ok: txt
ok: one of the workers writes
ok: it ends as others do
ok: json
ok: one of the workers writes
ok: it ends as others do
ok: php
ok: one of the workers writes
ok: it ends as others do
ok: options
