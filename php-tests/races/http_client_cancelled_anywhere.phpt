--TEST--
Http\Client: requests that are cancelled or late anywhere never get, or leave, another one's answer: by HTTP/1.1 and HTTP/2
--EXTENSIONS--
openssl
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use Highper\Http\{Client, ClientException};
use HighperTest\Certificates;
use Swoole\Coroutine\Http\Server;
use function Highper\{async, await, scope, timeout};
use function HighperTest\check;

$certificates = new Certificates();
$certificates->leaf('one', 'localhost');
mt_srand(11);
Swoole\Coroutine::set(['log_level' => SWOOLE_LOG_ERROR]);                  // handshakes that are given up
try {
    scope(function () use ($certificates) {
        $server = new Server('127.0.0.1', 0, true);
        $server->set(['open_http2_protocol' => true, 'ssl_cert_file' => $certificates->path('one.crt'), 'ssl_key_file' => $certificates->path('one.key')]);
        $server->handle('/', function ($request, $response) {
            $said = $request->server['request_uri'] . ' ' . md5((string) $request->rawContent());
            usleep(mt_rand(0, 3000));
            if (mt_rand(0, 1)) {
                $response->write($said);
                usleep(mt_rand(0, 1000));
                $response->end(str_repeat('x', mt_rand(0, 20_000)));
            } else {
                $response->end($said);
            }
        });
        async(fn () => $server->start());
        foreach (['HTTP/1.1' => false, 'HTTP/2' => true] as $name => $http2) {
            $client = new Client(base: "https://localhost:{$server->port}", verify: $certificates->path('ca.crt'), http2: $http2, pool: 20, timeout: 30.0);
            $count = ['right' => 0, 'ended' => 0, 'wrong' => 0, 'failed' => 0];
            $work = function (int $own) use ($client, &$count) {
                for ($n = 0; $n < 25; $n++) {
                    $path = "/{$own}/{$n}";
                    $body = mt_rand(0, 1) ? str_repeat("{$own}", mt_rand(1, 20_000)) : '';
                    $do = function () use ($client, $path, $body) {
                        $answer = $body === '' ? $client->get($path, stream: (bool) mt_rand(0, 1)) : $client->post($path, body: $body);
                        return mt_rand(0, 9) ? $answer->body() : null;              // some are let go before their end
                    };
                    try {
                        $got = mt_rand(0, 2) ? $do() : timeout(mt_rand(1, 4000) / 1e6, $do);
                        $count[$got === null || rtrim($got, 'x') === $path . ' ' . md5($body) ? 'right' : 'wrong']++;
                    } catch (Highper\DeadlineException) {
                        $count['ended']++;
                    } catch (ClientException $e) {
                        $count['failed']++;
                        echo $e::class, ': ', $e->getMessage(), "\n";
                    }
                }
            };
            await(array_map(fn (int $own) => async($work, $own), range(1, 30)));
            check("{$name}: nobody got another's", [$count['wrong'], $count['failed'], array_sum($count), $count['right'] > 100], [0, 0, 750, true]);
            $stats = $client->stats()['servers']["https://localhost:{$server->port}"];
            check("{$name}: nothing is left", [$stats['taken'], $stats['waiting'], (int) $stats['streams']], [0, 0, 0]);
        }
        throw new LogicException('done');
    });
} catch (LogicException $e) {
    echo $e->getMessage(), "\n";
}
?>
--EXPECT--
ok: HTTP/1.1: nobody got another's
ok: HTTP/1.1: nothing is left
ok: HTTP/2: nobody got another's
ok: HTTP/2: nothing is left
done
