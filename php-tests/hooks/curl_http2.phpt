--TEST--
cURL over HTTP/2: by TLS, prior knowledge and Upgrade; easy and multi, multiplexed; callbacks, uploads, redirects, time-outs, cancelling
--EXTENSIONS--
highper
curl
openssl
--TIMEOUT--
40
--SKIPIF--
<?php echo curl_version()['features'] & CURL_VERSION_HTTP2 ? '' : 'skip this libcurl has no HTTP/2'; ?>
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, free_port, patience};
use function Swoole\Coroutine\{batch, go, run};
use HighperTest\{Certificates, Server};
use Swoole\Coroutine;

$certificates = new Certificates();
$certificates->leaf('one', 'one.test');
$secure = free_port();
$server = Server::start(<<<'PHP'
    <?php
    $folder = getenv('FOLDER');
    $server = new Swoole\Http\Server('127.0.0.1', (int) $argv[1], SWOOLE_BASE);
    $server->set(['worker_num' => 1, 'open_http2_protocol' => true, 'package_max_length' => 4 << 20, 'max_wait_time' => 1]);
    $server->listen('127.0.0.1', (int) getenv('SECURE'), SWOOLE_SOCK_TCP | SWOOLE_SSL)
        ->set(['open_http2_protocol' => true, 'ssl_cert_file' => "$folder/one.crt", 'ssl_key_file' => "$folder/one.key", 'package_max_length' => 4 << 20]);
    $gates = [];
    $server->on('request', function ($request, $response) use (&$gates) {
        switch ($request->server['request_uri']) {
            case '/gate': // answers when as many have come
                $gate = $gates[$request->get['gate']] ??= new Co\Channel(1000);
                if ($gate->length() + $gate->stats()['consumer_num'] + 1 < (int) $request->get['of']) {
                    $gate->pop(10) === false && $response->status(504);
                } else {
                    Co::sleep(0.005);
                    for ($i = 1; $i < (int) $request->get['of']; $i++) {
                        $gate->push(true);
                    }
                    unset($gates[$request->get['gate']]);
                }
                return $response->end(json_encode([$request->fd, $request->get['n']]));
            case '/away':
                return $response->redirect('/sum?n=there', 302);
            case '/big':
                return $response->end(str_repeat($request->get['n'], 300_000));
            case '/pieces':
                for ($i = 0; $i < 5; $i++) {
                    $response->write("piece {$i} of {$request->get['n']}\n");
                    Co::sleep(0.005);
                }
                return $response->end();
            case '/late':
                Co::sleep(1.5);
        }
        $response->header('X-Seen', $request->header['x-sent'] ?? 'nothing');
        $response->end("{$request->server['request_method']} " . ($request->get['n'] ?? '') . ' ' . md5((string) $request->rawContent()));
    });
    $server->start();
    PHP, environment: ['FOLDER' => $certificates->folder, 'SECURE' => (string) $secure]);

$kinds = [
    'TLS' => ["https://one.test:{$secure}", [CURLOPT_HTTP_VERSION => CURL_HTTP_VERSION_2TLS, CURLOPT_RESOLVE => ["one.test:{$secure}:127.0.0.1"],
        CURLOPT_CAINFO => $certificates->path('ca.crt')]],
    // libcurl 7.88 cannot use such a connection for a second request, whatever the server (error 16).
    'prior knowledge' => ["http://127.0.0.1:{$server->port}", [CURLOPT_HTTP_VERSION => CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE, CURLOPT_FORBID_REUSE => true,
        CURLOPT_FRESH_CONNECT => true]],
    'Upgrade' => ["http://127.0.0.1:{$server->port}", [CURLOPT_HTTP_VERSION => CURL_HTTP_VERSION_2_0]],
];
run(static function () use ($kinds) {
    $empty = md5('');
    foreach ($kinds as $how => [$url, $options]) {
        $handle = static function (string $path, array $more = []) use ($how, $url, $options): CurlHandle {
            $curl = curl_init($url . $path);
            curl_setopt_array($curl, $options + [CURLOPT_RETURNTRANSFER => true, CURLOPT_TIMEOUT => (int) patience(10), CURLOPT_PIPEWAIT => $how === 'TLS']);
            curl_setopt_array($curl, $more); // the last one of those that exclude each other counts
            return $curl;
        };
        $exec = static fn (CurlHandle $curl): string => is_string($got = curl_exec($curl)) ? $got : 'failed: ' . curl_error($curl);
        // Every handle's answer, in one multi handle of this coroutine.
        $multi = static function (array $handles) use ($how): array {
            $multi = curl_multi_init();
            curl_multi_setopt($multi, CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX);
            $how === 'TLS' && curl_multi_setopt($multi, CURLMOPT_MAX_HOST_CONNECTIONS, 1);
            foreach ($handles as $handle) {
                curl_multi_add_handle($multi, $handle);
            }
            do {
                curl_multi_exec($multi, $running);
                $running && curl_multi_select($multi, 1);
            } while ($running);
            $answers = [];
            while ($message = curl_multi_info_read($multi)) {
                $key = array_search($message['handle'], $handles, true);
                $answers[$key] = $message['result'] === CURLE_OK ? curl_multi_getcontent($message['handle']) : 'failed: ' . curl_strerror($message['result']);
                curl_multi_remove_handle($multi, $message['handle']);
            }
            ksort($answers);
            return $answers;
        };

        $headers = '';
        $curl = $handle('/sum?n=1', [CURLOPT_HTTPHEADER => ['X-Sent: this'], CURLOPT_HEADERFUNCTION => static function ($curl, $line) use (&$headers) {
            Coroutine::sleep(0.001);
            $headers .= strtolower($line);
            return strlen($line);
        }]);
        check("{$how}: a request", [$exec($curl), curl_getinfo($curl, CURLINFO_HTTP_VERSION), curl_getinfo($curl, CURLINFO_RESPONSE_CODE)], ["GET 1 {$empty}", CURL_HTTP_VERSION_2_0, 200]);
        check("{$how}: its headers, one by one", [str_contains($headers, "http/2 200"), str_contains($headers, "x-seen: this")], [true, true]);
        $answers = batch(array_map(static fn ($n) => static fn () => json_decode($exec($handle("/gate?gate=easy&of=20&n={$n}"))), range(0, 19)));
        check("{$how}: twenty at once, each its own", array_map(intval(...), array_column($answers, 1)), range(0, 19));
        check("{$how}: on connections of their own", count(array_unique(array_column($answers, 0))), 20);
        if ($how === 'Upgrade') {
            continue; // from here on as with prior knowledge
        }

        if ($how === 'TLS') {
            $curl = $handle('/gate?gate=again&of=1&n=0');
            $first = json_decode($exec($curl))[0];
            curl_setopt($curl, CURLOPT_URL, $url . '/gate?gate=again&of=1&n=1');
            check("{$how}: a handle keeps its connection", [json_decode($exec($curl)), curl_getinfo($curl, CURLINFO_NUM_CONNECTS)], [[$first, '1'], 0]);
        }

        $turns = 0;
        $over = false;
        go(static function () use (&$turns, &$over) {
            while (! $over) {
                Coroutine::sleep(0.001);
                $turns++;
            }
        });
        $answers = array_map(json_decode(...), $multi(array_map(static fn ($n) => $handle("/gate?gate=multi&of=30&n={$n}"), range(0, 29))));
        $over = true;
        check("{$how}: thirty in a multi handle", array_map(intval(...), array_column($answers, 1)), range(0, 29));
        $how === 'TLS' && check("{$how}: on one connection", count(array_unique(array_column($answers, 0))), 1);
        check("{$how}: others run meanwhile", $turns > 0);
        $answers = batch(array_map(static fn ($c) => static fn () => array_map(json_decode(...),
            $multi(array_map(static fn ($n) => $handle("/gate?gate=multis&of=50&n={$c}{$n}"), range(0, 9)))), range(1, 5)));
        check("{$how}: five of them at once", array_map(static fn ($c) => array_column($c, 1), $answers),
            array_map(static fn ($c) => array_map(static fn ($n) => "{$c}{$n}", range(0, 9)), range(1, 5)));
        $how === 'TLS' && check("{$how}: each with its connection", count(array_unique(array_column(array_merge(...$answers), 0))), 5);

        $bodies = array_fill(0, 5, '');
        $handles = [];
        foreach ($bodies as $n => $_) {
            $handles[] = $handle("/big?n={$n}");
            curl_setopt(end($handles), CURLOPT_WRITEFUNCTION, static function ($curl, $piece) use ($n, &$bodies) {
                usleep(200);
                $bodies[$n] .= $piece;
                return strlen($piece);
            });
        }
        $multi($handles);
        check("{$how}: callbacks that wait, multiplexed", array_map(md5(...), $bodies), array_map(static fn ($n) => md5(str_repeat((string) $n, 300_000)), range(0, 4)));
        check("{$how}: answers in pieces", $multi([$handle('/pieces?n=1'), $handle('/pieces?n=2')]),
            array_map(static fn ($n) => implode(array_map(static fn ($i) => "piece {$i} of {$n}\n", range(0, 4))), [1, 2]));

        $upload = random_bytes(1_000_000);
        check("{$how}: uploads, multiplexed", $multi(array_map(static fn ($n) => $handle("/sum?n={$n}", [CURLOPT_POSTFIELDS => $n . $upload]), range(0, 4))),
            array_map(static fn ($n) => "POST {$n} " . md5($n . $upload), range(0, 4)));
        $at = 0;
        check("{$how}: an upload that is read by a callback", $exec($handle('/sum?n=put', [CURLOPT_UPLOAD => true, CURLOPT_INFILESIZE => strlen($upload),
            CURLOPT_READFUNCTION => static function ($curl, $file, $room) use ($upload, &$at) {
                usleep(200);
                $piece = substr($upload, $at, $room);
                $at += strlen($piece);
                return $piece;
            }])), 'PUT put ' . md5($upload));
        $answers = batch(array_fill(0, 10, static function () use ($handle, $exec) {
            $curl = $handle('/away', [CURLOPT_FOLLOWLOCATION => true]);
            return [$exec($curl), curl_getinfo($curl, CURLINFO_REDIRECT_COUNT)];
        }));
        check("{$how}: redirects", array_unique($answers, SORT_REGULAR), [["GET there {$empty}", 1]]);

        $answers = $multi([$handle('/late?n=1', [CURLOPT_TIMEOUT_MS => 100]), $handle('/sum?n=2')]);
        check("{$how}: a stream that runs out of time beside one that does not", [str_contains(strtolower($answers[0]), 'timeout'), $answers[1]], [true, "GET 2 {$empty}"]);
        $curl = $handle('/late?n=old');
        $got = null;
        $id = go(static function () use ($curl, &$got) { $got = [curl_exec($curl), curl_errno($curl)]; });
        Coroutine::sleep(0.05);
        Coroutine::cancel($id);
        Coroutine::sleep(0.01);
        check("{$how}: cancelled", $got, [false, CURLE_ABORTED_BY_CALLBACK]);
        curl_setopt($curl, CURLOPT_URL, "{$url}/sum?n=new");
        check("{$how}: the handle's next answer is its own", $exec($curl), "GET new {$empty}");
    }

    // Accepts by its backlog, and never answers.
    $silent = stream_socket_server('tcp://127.0.0.1:0');
    foreach (['http' => CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE, 'https' => CURL_HTTP_VERSION_2TLS] as $scheme => $version) {
        check("{$scheme}: a server that never answers", array_unique(batch(array_fill(0, 10, static function () use ($silent, $scheme, $version) {
            $curl = curl_init("{$scheme}://" . stream_socket_get_name($silent, false) . '/');
            curl_setopt_array($curl, [CURLOPT_RETURNTRANSFER => true, CURLOPT_TIMEOUT_MS => 100, CURLOPT_HTTP_VERSION => $version]);
            curl_exec($curl);
            return curl_errno($curl);
        }))), [CURLE_OPERATION_TIMEDOUT]);
    }
});
check('the end', $server->stop(), 0);
?>
--EXPECT--
ok: TLS: a request
ok: TLS: its headers, one by one
ok: TLS: twenty at once, each its own
ok: TLS: on connections of their own
ok: TLS: a handle keeps its connection
ok: TLS: thirty in a multi handle
ok: TLS: on one connection
ok: TLS: others run meanwhile
ok: TLS: five of them at once
ok: TLS: each with its connection
ok: TLS: callbacks that wait, multiplexed
ok: TLS: answers in pieces
ok: TLS: uploads, multiplexed
ok: TLS: an upload that is read by a callback
ok: TLS: redirects
ok: TLS: a stream that runs out of time beside one that does not
ok: TLS: cancelled
ok: TLS: the handle's next answer is its own
ok: prior knowledge: a request
ok: prior knowledge: its headers, one by one
ok: prior knowledge: twenty at once, each its own
ok: prior knowledge: on connections of their own
ok: prior knowledge: thirty in a multi handle
ok: prior knowledge: others run meanwhile
ok: prior knowledge: five of them at once
ok: prior knowledge: callbacks that wait, multiplexed
ok: prior knowledge: answers in pieces
ok: prior knowledge: uploads, multiplexed
ok: prior knowledge: an upload that is read by a callback
ok: prior knowledge: redirects
ok: prior knowledge: a stream that runs out of time beside one that does not
ok: prior knowledge: cancelled
ok: prior knowledge: the handle's next answer is its own
ok: Upgrade: a request
ok: Upgrade: its headers, one by one
ok: Upgrade: twenty at once, each its own
ok: Upgrade: on connections of their own
ok: http: a server that never answers
ok: https: a server that never answers
ok: the end
