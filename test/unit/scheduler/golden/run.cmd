@echo off
rem autosync's launcher, which the scheduler calls. 'autosync install' writes it; edits are lost.
rem It prints nothing: what autosync says is in launcher.log.
setlocal DisableDelayedExpansion
chcp 65001 >nul 2>nul

set "entry=C:\Users\ada\autosync\bin\autosync.js"
set "state=C:\Users\ada\100%% mine\state"
set "recorded_node=C:\Users\ada\nvm\v22.1.0\node.exe"
set "recorded_stable_node=C:\Program Files\nodejs\node.exe"
set "PATH=%PATH%;C:\Program Files\Git\cmd"

if not exist "%state%\" mkdir "%state%" 2>nul
set "log=%state%\launcher.log"
if exist "%log%" for %%f in ("%log%") do if %%~zf GTR 1000000 move /y "%log%" "%log%.1" >nul 2>nul

if not exist "%entry%" (
  >>"%log%" echo autosync is no longer at '%entry%'
  exit /b 0
)

rem A version manager removes the recorded node with its version; what it calls the current one stays.
set "node="
for %%n in (node.exe) do set "node=%%~$PATH:n"
if exist "%recorded_node%" set "node=%recorded_node%"
if exist "%recorded_stable_node%" set "node=%recorded_stable_node%"
if not defined node (
  >>"%log%" echo found no Node.js
  exit /b 0
)

cd /d "%SystemDrive%\"
set "NODE_OPTIONS="
set "NODE_PATH="
"%node%" "%entry%" %* <nul >>"%log%" 2>&1
exit /b %ERRORLEVEL%
