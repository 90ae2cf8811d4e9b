<?php

declare(strict_types=1);

namespace Swoole\RemoteObject;

use Swoole\Coroutine;
use Swoole\Coroutine\Http\Client as HttpClient;
use Swoole\RemoteObject;

/** A connection to a RemoteObject\Server: makes objects there, and calls functions. */
class Client
{
    /** @var array<string, \WeakReference<self>> by their ids, for objects that come back */
    private static array $clients = [];

    private HttpClient $client;

    private string $id;

    private int $ownerCoroutineId;

    /**
     * @param string $host an address, or `unix:/` and a path
     * @param array{api_key?: string} $options
     */
    public function __construct(string $host = '127.0.0.1', int $port = Server::DEFAULT_PORT, array $options = [])
    {
        $this->id = $this->genUuid();
        $this->ownerCoroutineId = Coroutine::getCid();
        $this->client = new HttpClient($host, $port);
        $headers = ['client-id' => $this->id, 'coroutine-id' => (string) $this->ownerCoroutineId];
        if (isset($options['api_key'])) {
            $headers['x-api-key'] = $options['api_key'];
        }
        $this->client->setHeaders($headers);
        self::$clients[$this->id] = \WeakReference::create($this);
    }

    public function __destruct()
    {
        unset(self::$clients[$this->id]);
    }

    public function create(string $class, mixed ...$args): RemoteObject
    {
        return RemoteObject::create($this, $class, $args);
    }

    public function call(string $fn, mixed ...$args): mixed
    {
        return RemoteObject::call($this, $fn, $args);
    }

    public static function getInstance(string $clientId): ?static
    {
        if ($clientId === '') {
            throw new Exception('RemoteObject is not bound to a client');
        }
        return (self::$clients[$clientId] ?? null)?->get();
    }

    public function getId(): string
    {
        return $this->id;
    }

    /**
     * Sends a request, and returns the answer.
     *
     * @throws Exception
     */
    public function execute(string $path, array $array)
    {
        if (!$this->client->post($path, $array)) {
            throw new Exception($this->client->errMsg, $this->client->errCode);
        }
        $answer = @\unserialize($this->client->body);
        if (!\is_array($answer)) {
            throw new Exception("the server's answer, with status {$this->client->statusCode}, cannot be read");
        }
        if ($answer['code'] !== 0) {
            $error = $answer['exception'] ?? ['message' => $answer['msg'] ?? '', 'code' => $answer['code']];
            throw new Exception("Server Error: {$error['message']}", (int) $error['code']);
        }
        return $answer;
    }

    public function ping(): bool
    {
        try {
            $this->execute('/ping', []);
            return true;
        } catch (\Throwable) {
            return false;
        }
    }

    /** A random UUID (RFC 9562, version 4). */
    private function genUuid(): string
    {
        $bytes = \random_bytes(16);
        $bytes[6] = \chr(\ord($bytes[6]) & 0x0F | 0x40);
        $bytes[8] = \chr(\ord($bytes[8]) & 0x3F | 0x80);
        return \preg_replace('/^(.{8})(.{4})(.{4})(.{4})/', '$1-$2-$3-$4-', \bin2hex($bytes));
    }
}
