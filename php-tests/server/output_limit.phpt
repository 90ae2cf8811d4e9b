--TEST--
output_buffer_size: in process mode more than that is not sent at a time, and the server says so; base mode has no such limit
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use HighperTest\Server;

$code = <<<'PHP'
    <?php
    $server = new Swoole\Http\Server('127.0.0.1', (int) $argv[1], (int) $argv[2]);
    $server->set(['worker_num' => 1, 'http_compression' => false, 'output_buffer_size' => '4K']);
    $server->on('request', function ($request, $response) {
        $length = (int) $request->get['length'];
        isset($request->get['field']) && $response->header('x-more', 'yes');
        if (!$response->end(str_repeat('x', $length))) {
            $response->end(json_encode([swoole_last_error() === SWOOLE_ERROR_DATA_LENGTH_TOO_LARGE, $length]));
        }
    });
    $server->start();
    PHP;
$server = Server::start($code, [(string) SWOOLE_PROCESS]);
check('as much as may be', strlen($server->get('/?length=4096')->body), 4096);
foreach ([4097, 100_000] as $length) {
    foreach (['', '&field=1'] as $more) {
        check("{$length} bytes" . ($more === '' ? '' : ' with a field'), $server->get("/?length={$length}{$more}")->body, "[true,{$length}]");
    }
}
$server->waitForLog('ProcessFactory::finish() (ERRNO 1203): The length of data [4097] exceeds the output buffer size[4096], please use the sendfile, chunked transfer mode or adjust the output_buffer_size');
check('exit code', $server->stop(), 0);
$server = Server::start($code, [(string) SWOOLE_BASE]);
check('base mode', strlen($server->get('/?length=100000')->body), 100_000);
check('exit code', $server->stop(), 0);
--EXPECT--
ok: as much as may be
ok: 4097 bytes
ok: 4097 bytes with a field
ok: 100000 bytes
ok: 100000 bytes with a field
ok: exit code
ok: base mode
ok: exit code
