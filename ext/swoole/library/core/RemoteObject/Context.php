<?php

declare(strict_types=1);

namespace Swoole\RemoteObject;

use Swoole\Http\Request;
use Swoole\Http\Response;

/** A request to a RemoteObject\Server. */
class Context
{
    public string $clientId;

    public int $coroutineId;

    public Request $request;

    public Response $response;

    public function __construct(Request $request, Response $response)
    {
        $this->request = $request;
        $this->response = $response;
        $this->clientId = $request->header['client-id'] ?? '';
        $this->coroutineId = (int) ($request->header['coroutine-id'] ?? 0);
    }

    /** Answers. */
    public function end(array $data): void
    {
        $this->response->header('Content-Type', 'application/octet-stream');
        $this->response->end(\serialize($data));
    }

    /** `/call_method` is `_call_method`. */
    public function getHandler(): string
    {
        return \strtr($this->request->server['request_uri'], '/', '_');
    }

    public function getParam(string $name): string
    {
        return $this->request->post[$name] ?? throw new Exception("param[{$name}] is empty");
    }

    /** A parameter that was sent serialized. */
    public function getDataParam(string $name): mixed
    {
        return \unserialize($this->getParam($name));
    }

    public function getCoroutineId(): int
    {
        return $this->coroutineId ?: throw new Exception('coroutine-id is empty');
    }

    public function getClientId(): string
    {
        return $this->clientId !== '' ? $this->clientId : throw new Exception('client-id is empty');
    }
}
