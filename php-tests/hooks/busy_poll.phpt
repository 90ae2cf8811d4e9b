--TEST--
A loop that polls before it sleeps: answers, ends and time-outs are what they are without, and waiting costs no processor time
--EXTENSIONS--
highper
--FILE--
<?php
use Swoole\Coroutine;

use function Swoole\Coroutine\{go, run};

/** A line, its answer in pieces, an end together with the last bytes, an end after them, and nothing at all. */
function talk(): array
{
    $said = [];
    $server = stream_socket_server('tcp://127.0.0.1:0');
    go(static function () use ($server): void {
        for ($i = 0; $i < 3; $i++) {
            $peer = stream_socket_accept($server);
            while (($line = fgets($peer)) !== false) {
                match (trim($line)) {
                    'whole' => fwrite($peer, "whole\n"),
                    'pieces' => (static function () use ($peer): void {
                        foreach (['pi', 'ec', "es\n"] as $piece) {
                            fwrite($peer, $piece);
                            Coroutine::sleep(0.001);
                        }
                    })(),
                    'end' => [fwrite($peer, 'last'), fclose($peer)],
                    'later' => [fwrite($peer, 'last'), Coroutine::sleep(0.002), fclose($peer)],
                    'nothing' => null,
                };
                if (!is_resource($peer)) {
                    break;
                }
            }
        }
    });
    $context = stream_context_create(['socket' => ['tcp_nodelay' => true]]);
    $address = 'tcp://' . stream_socket_get_name($server, false);
    $connect = static fn () => stream_socket_client($address, context: $context);
    $client = $connect();
    for ($i = 0; $i < 500; $i++) {
        fwrite($client, "whole\n");
        $said['whole'][fgets($client)] = true;
    }
    for ($i = 0; $i < 5; $i++) {
        fwrite($client, "pieces\n");
        $said['pieces'][fgets($client)] = true;
    }
    stream_set_timeout($client, 0, 20_000);
    fwrite($client, "nothing\n");
    $said['nothing'] = [fgets($client), stream_get_meta_data($client)['timed_out']];
    fwrite($client, "end\n");
    $said['end'] = [fread($client, 100), fread($client, 100), feof($client)];
    $client = $connect();
    fwrite($client, "later\n");
    $said['later'] = [fread($client, 100), fread($client, 100), feof($client)];
    $client = $connect();
    fclose($client);
    return $said;
}

run(static function (): void {
    echo json_encode(talk()), "\n";
    $pair = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
    go(static function () use ($pair): void {
        for ($i = 0; $i < 100; $i++) {
            Coroutine::sleep(0.005);
            fwrite($pair[1], 'x');
        }
    });
    $before = getrusage();
    for ($i = 0; $i < 100; $i++) {
        fread($pair[0], 1);
    }
    $after = getrusage();
    $used = 0;
    foreach (['ru_utime', 'ru_stime'] as $which) {
        $used += ($after["{$which}.tv_sec"] - $before["{$which}.tv_sec"]) * 1e6 + $after["{$which}.tv_usec"] - $before["{$which}.tv_usec"];
    }
    echo $used < 250_000 ? "slept\n" : "burnt {$used} microseconds of half a second\n";
});
?>
--EXPECT--
{"whole":{"whole\n":true},"pieces":{"pieces\n":true},"nothing":[false,true],"end":["last","",true],"later":["last","",true]}
slept
