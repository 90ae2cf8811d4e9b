--TEST--
OPcache's and APCu's locks between workers: compiled, thrown away and counted under load, and nobody waits in a coroutine with one
--EXTENSIONS--
highper
Zend OPcache
--CONFLICTS--
all
--TIMEOUT--
60
--SKIPIF--
<?php require __DIR__ . '/../lib/test.php'; echo HighperTest\Services::lacks('apcu'); ?>
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use HighperTest\{HttpClient, Server};
use function HighperTest\{check, temp_path};

mkdir($folder = temp_path('code'));
for ($i = 0; $i < 200; $i++) {
    file_put_contents("{$folder}/{$i}.php", "<?php usleep(1000); apcu_inc('files'); return static fn (int \$n): int => \$n * {$i};");
}
$server = Server::start(<<<'PHP'
    <?php
    $http = new Swoole\Http\Server('127.0.0.1', (int) $argv[1]);
    $http->set(['worker_num' => 4, 'log_level' => SWOOLE_LOG_WARNING]);
    apcu_store(['files' => 0, 'sum' => 0]);
    $http->on('request', function ($request, $response) use ($argv) {
        $n = (int) ($request->get['n'] ?? -1);
        if ($n < 0) { $response->end(json_encode([apcu_fetch('files'), apcu_fetch('sum'), opcache_get_status(false)['opcache_statistics']['num_cached_scripts'] > 100])); return; }
        $file = "{$argv[2]}/" . $n % 200 . '.php';
        $times = require $file;
        // Reads of files and sleeps give way in between.
        if ($n % 3 === 0) { opcache_invalidate($file, true); }
        apcu_entry("entry{$n}", function () use ($n) { usleep(500); return $n; });
        for ($k = 0; $k < 20; $k++) { apcu_store("key{$k}", [$n, str_repeat('y', 1000)]); apcu_inc('sum'); }
        apcu_delete("entry{$n}");
        $response->end((string) $times($n));
    });
    $http->start();
    PHP, [$folder], ['extension' => 'apcu', 'apc.enable_cli' => '1', 'opcache.enable_cli' => '1', 'opcache.validate_timestamps' => '0']);
$clients = [];
for ($i = 0; $i < 20; $i++) { $clients[] = new HttpClient($server->port, 20.0); }
$wrong = [];
for ($n = 0; $n < 3000; $n += 20) {
    foreach ($clients as $i => $client) { $client->send('GET', '/?n=' . $n + $i); }
    foreach ($clients as $i => $client) {
        $answer = $client->receive();
        if ($answer->body !== (string) (($n + $i) * (($n + $i) % 200))) { $wrong[] = [$n + $i, $answer->status, $answer->body]; }
    }
}
check('answers', $wrong, []);
check('counts', $server->get('/')->body, '[3000,60000,true]');
check('exit code', $server->stop(), 0);
echo $server->log();
?>
--EXPECT--
ok: answers
ok: counts
ok: exit code
