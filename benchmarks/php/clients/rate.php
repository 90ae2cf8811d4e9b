<?php
/**
 * Operations whose rate is measured: each entry connects, and returns what one operation is.
 *
 * @return array<string, Closure(array $services): Closure(int $turn): void>
 */

function check(bool $isRight, string $what): void
{
    $isRight || throw new UnexpectedValueException("a wrong answer: {$what}");
}

return [
    'redis' => static function (array $services): Closure {
        $redis = new Redis();
        $redis->connect(...$services['redis']);
        $redis->set('key', 'value');
        return static fn () => check($redis->get('key') === 'value', 'GET');
    },
    // The extension's own client, which all coroutines share, beside an object of phpredis for each.
    'redis-client' => static function (array $services): Closure {
        static $shared = null;
        if (! extension_loaded('highper')) {
            $redis = new Redis();
            $redis->connect(...$services['redis']);
        } else {
            [$host, $port] = $services['redis'] + [1 => 0];
            $redis = $shared ??= new Highper\Redis\Client($port > 0 ? ['host' => $host, 'port' => $port] : ['socket' => $host]);
        }
        $redis->set('key', 'value');
        return static fn () => check($redis->get('key') === 'value', 'GET');
    },
    'mysql' => static function (array $services): Closure {
        $pdo = new PDO(...$services['mysql']['pdo']);
        $pdo->setAttribute(PDO::ATTR_EMULATE_PREPARES, false);
        $statement = $pdo->prepare('SELECT id, name FROM people WHERE id = ?');
        return static function (int $turn) use ($statement): void {
            $id = $turn % 1000 + 1;
            $statement->execute([$id]);
            check($statement->fetch(PDO::FETCH_ASSOC) === ['id' => $id, 'name' => "the name of {$id}"], 'SELECT');
        };
    },
    'curl' => static function (array $services): Closure {
        $curl = curl_init($services['hello']);
        curl_setopt_array($curl, [CURLOPT_RETURNTRANSFER => true, CURLOPT_TIMEOUT => 10]);
        return static fn () => check(strlen(curl_exec($curl)) === 11, 'GET /');
    },
    // Each side's own client: coroutines share the first, and have one each of the second.
    'http' => static function (array $services): Closure {
        if (class_exists(Highper\Http\Client::class)) {
            static $client;
            $client ??= new Highper\Http\Client(timeout: 10.0, pool: 50);
            return static fn () => check(strlen($client->get($services['hello'])->body()) === 11, 'GET /');
        }
        $url = parse_url($services['hello']);
        $client = new Swoole\Coroutine\Http\Client($url['host'], $url['port']);
        $client->set(['timeout' => 10]);
        return static function () use ($client): void {
            $client->get('/');
            check(strlen($client->body) === 11, 'GET /');
        };
    },
];
