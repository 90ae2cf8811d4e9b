--TEST--
Race: reloads while bodies are being sent: each upload reaches one worker whole, and is answered, in base and in process mode
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, wait_until};
use HighperTest\Server;

$code = <<<'PHP'
    <?php
    $server = new Swoole\Http\Server('127.0.0.1', (int) $argv[1], (int) $argv[2]);
    $server->set(['worker_num' => 2, 'max_wait_time' => 30, 'package_max_length' => 16 << 20, 'upload_max_filesize' => 16 << 20]);
    $server->on('request', function ($request, $response) {
        $file = $request->files['file'] ?? null;
        $response->end($file === null ? sha1($request->rawContent()) : sha1_file($file['tmp_name']));
    });
    $server->start();
    PHP;
foreach (['base mode' => SWOOLE_BASE, 'process mode' => SWOOLE_PROCESS] as $name => $mode) {
    $server = Server::start($code, [(string) $mode]);
    $uploads = [];
    for ($i = 0; $i < 12; $i++) {
        $bytes = random_bytes(random_int(1 << 20, 3 << 20));
        $body = $bytes;
        $type = 'application/octet-stream';
        if ($i % 2 === 1) {
            $type = 'multipart/form-data; boundary=part';
            $body = "--part\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\n{$bytes}\r\n--part--\r\n";
        }
        $socket = stream_socket_client("tcp://127.0.0.1:{$server->port}");
        stream_set_blocking($socket, false);
        $uploads[] = (object) ['socket' => $socket, 'sum' => sha1($bytes), 'answer' => '',
            'left' => "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: {$type}\r\nContent-Length: " . strlen($body) . "\r\n\r\n{$body}"];
    }
    $reloads = 0;
    wait_until(function () use ($uploads, $server, &$reloads): bool {
        static $turn = 0;
        $rest = 0;
        foreach ($uploads as $upload) {
            // Some are ahead of others, so that each reload meets some in the middle.
            if ($upload->left !== '' && random_int(0, 2) > 0) {
                $sent = @fwrite($upload->socket, substr($upload->left, 0, random_int(1, 65_536)));
                $upload->left = substr($upload->left, (int) $sent);
            }
            if (!feof($upload->socket)) {
                $upload->answer .= (string) @fread($upload->socket, 8192);
                $rest++;
            }
        }
        if (++$turn % 15 === 0 && $reloads < 4) {
            $reloads++;
            $server->signal(SIGUSR1);
        }

        return $rest === 0;
    }, 'the end of all uploads', 60);
    $right = array_filter($uploads, fn ($upload) => str_starts_with($upload->answer, 'HTTP/1.1 200 ') && str_ends_with($upload->answer, $upload->sum));
    check("{$name}: all are answered", count($right), count($uploads));
    check("{$name}: there were reloads", $reloads, 4);
    check("{$name}: exit code", $server->stop(40), 0);
}
--EXPECT--
ok: base mode: all are answered
ok: base mode: there were reloads
ok: base mode: exit code
ok: process mode: all are answered
ok: process mode: there were reloads
ok: process mode: exit code
